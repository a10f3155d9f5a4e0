"""The roster: who belongs here and what they do, kept by .xlsx import and by hand."""
