"""The functions that a mapping may name: each reads values of one side and writes them for the
other.

``function`` (what one is), ``catalogue`` (all of them), ``contacts`` (phone, e-mail, name),
``figures`` (money, unit, number), ``moments`` (date), ``markup`` (html and text), ``flags``.
"""
