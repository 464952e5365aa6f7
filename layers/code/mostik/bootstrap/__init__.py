"""Composition roots: one module per function wires ports to adapters. Nothing is built at
import."""
