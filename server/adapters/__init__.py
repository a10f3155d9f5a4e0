"""One file per outside system, each implementing a protocol of models/base/ports.py."""
