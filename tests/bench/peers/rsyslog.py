def rsyslog(c): pass
