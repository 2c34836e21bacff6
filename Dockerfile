# bball-tag on the processor, without a GPU or a screen. docs/install.md shows how to build and run it.
FROM python:3.12-slim

# PyPI's torch brings several GB of CUDA libraries; this index has the build for processors.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bball_tag bball_tag
COPY train train
# opencv-python needs libGL, libglib and libxcb for windows that are never opened here; the headless build does not.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir . \
    && pip uninstall --yes opencv-python \
    && pip install --no-cache-dir opencv-python-headless

# Caches and the default checkpoint go to the home folder, which `docker run --user` must be able to write to.
RUN useradd --create-home --uid 1000 coach && chmod 1777 /home/coach
ENV HOME=/home/coach
USER 1000
WORKDIR /videos
ENTRYPOINT ["bball-tag"]
CMD ["--help"]
