"""The demo: one patient's journey, played through public doors only, on a real stack."""
