"""The protobuf classes of WhatsApp, as pyaileys generated them; they carry no types."""

from __future__ import annotations

import importlib
from typing import Any

wa: Any = importlib.import_module("pyaileys.proto.WAProto_pb2")
