"""Initial matching: two filled bases without a common key become pairs, before a link may write.

``keys`` (what a record is known by, whoever typed it), ``rules`` (which keys count, in order),
``match`` (one to one, or a person is asked), ``found`` (the table), ``sheet`` (the table as CSV,
out and in), ``approval`` (pairs, and what may be created). Pure.
"""
