"""A link as a document: what a person writes, what is stored, what is exported as one YAML file.

``document`` (the models; their JSON schema is the form), ``yamlfile`` (text out and in),
``compiled`` (what the engine works with), ``check`` (what is wrong, field by field), ``difference``
(what changed between two versions, in words). Pure.
"""
