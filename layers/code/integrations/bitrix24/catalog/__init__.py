"""The portal's trade catalogue in canonical form: sections, properties, units, goods, prices."""
