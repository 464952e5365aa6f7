"""Resources that are declared in the settings: their calls, their pages and their fields.

``models`` (what a person declares), ``check`` (what is wrong with it, field by field), ``paging``
(how a list is walked), ``mapping`` (rows to canonical records and back), ``resources`` (what the
core gets).
"""
