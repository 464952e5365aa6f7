"""CRM records behind ``crm.item.*``."""
