"""The sample court: rendered basketball whose truth is known exactly."""
