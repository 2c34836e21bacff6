/* Talking to the server: one edit after the other, each sent again until the server has it. */

const RETRY_MS = 1000;

/** A refusal, with a sentence for people. */
class Refused extends Error {
  constructor(status, answer) {
    super(answer.error ?? `The server answered ${status}.`);
    this.kind = answer.kind ?? "";
    this.revision = answer.revision;
  }
}

/** Fetch JSON; `body` makes it a POST. */
export async function fetchJson(address, body) {
  const request = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  if (body !== undefined) request.headers = { "Content-Type": "application/json" };
  const response = await fetch(address, request);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** Sends edits in order and gives the model what comes back. */
export class Editor {
  #waiting = [];
  #isBusy = false;
  #model;
  #report;

  /** `report(state, sentence)` is called with saved, saving, offline, elsewhere or refused. */
  constructor(model, report) {
    this.#model = model;
    this.#report = report;
    addEventListener("beforeunload", (event) => {
      if (this.#waiting.length) event.preventDefault();
    });
  }

  /** Return how many steps the server does not have yet. */
  get numWaiting() {
    return this.#waiting.length;
  }

  /** Make one step of `edits`; the promise gives the answer, or null where the server refused. */
  edit(...edits) {
    if (this.#model.isReadOnly) return Promise.resolve(null);
    return this.ask("api/edits", { edits });
  }

  /** Send what changes the document to an address, after everything that waits. */
  ask(address, parts) {
    return new Promise((done) => {
      this.#waiting.push({ address, parts, key: crypto.randomUUID(), done });
      this.#work();
    });
  }

  async #work() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#waiting.length) {
      this.#report("saving", "");
      const answer = await this.#deliver(this.#waiting[0]);
      const { done } = this.#waiting.shift();
      if (answer) {
        this.#model.take(answer);
        this.#report("saved", "");
      }
      done(answer);
    }
    this.#isBusy = false;
  }

  async #deliver({ address, parts, key }) {
    for (;;) {
      try {
        return await fetchJson(address, { revision: this.#model.document.revision, key, ...parts });
      } catch (error) {
        if (!(error instanceof Refused) || error.kind === "not_written") {
          const why = error instanceof Refused ? error.message : "no answer from bball-tag.";
          this.#report("offline", `Not saved yet: ${why} Trying again until it is.`);
          await new Promise((again) => setTimeout(again, RETRY_MS));
        } else if (error.kind === "stale") {
          await this.catchUp().catch(() => {});
          this.#report("elsewhere", "This game was also changed in another window. Both changes are kept.");
        } else {
          this.#report("refused", error.message);
          return null;
        }
      }
    }
  }

  /** Take what changed elsewhere: another window, a refilled queue. */
  async catchUp() {
    const since = this.#model.document.revision;
    const answer = await fetchJson(`api/changes?since=${since}`);
    if (answer.file_changed) this.#report("refused", answer.file_changed);
    if (answer.revision !== since) this.#model.take(answer);
  }

  /** Look for changes from elsewhere when the window is turned to, and every few seconds. */
  watch(everyMs = 4000) {
    const look = () => {
      if (!this.#isBusy && document.visibilityState === "visible") this.catchUp().catch(() => {});
    };
    addEventListener("focus", look);
    setInterval(look, everyMs);
  }
}
