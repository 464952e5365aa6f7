"""Three-way merge: what was agreed, what each side says now, and who owns which field.

``policy`` (who owns what, which lists only grow), ``agreement`` (what was last agreed, as digests),
``identity`` (which line here is which line there), ``merge`` (does it), ``result`` (what is written
where, what is overruled, what a person must decide). Pure.
"""
