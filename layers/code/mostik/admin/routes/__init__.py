"""The routes of ``/admin/api``, one module for each thing that a person looks at."""
