"""Mostik: a serverless bridge between 1C-Bitrix, Bitrix24, 1C:Enterprise and other HTTP APIs."""

__version__ = "0.1.0"
