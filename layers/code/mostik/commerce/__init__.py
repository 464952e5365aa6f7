"""Canonical models of the trade, in neither system's words; nothing here calls anything.

``record`` (what every record has, comparison, references), ``money``, ``catalog``, ``prices``,
``stock``, ``parties``, ``order``.
"""
