def row_by_row(c): pass
