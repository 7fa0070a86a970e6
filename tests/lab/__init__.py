"""The laboratory: a real Asterisk, SIP phones, PostgreSQL and Chromium for the tests alone."""
