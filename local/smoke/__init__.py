"""The built artifact under Lambda's own runtime emulator, with nothing lent to it."""
