"""Recoupe: one shared picture for the services that fight drug trafficking."""

__version__ = "0.1.0"
