"""Says a record of one side in the terms of the other, by a table that a person can read.

``path`` (where a field is), ``shape`` (which fields a side has), ``table`` (which field becomes
which), ``dictionary`` (values that stand for values), ``functions`` (phone, money, date ...),
``check`` (what is wrong with a table, before it is saved), ``mapper`` (does it), ``trace`` (why a
field says what it says). Pure.
"""
