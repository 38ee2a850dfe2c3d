"""What people enter about cases, offers, clinics, demands and the tables of law."""
