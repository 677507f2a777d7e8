"""correct.py FILE REVISION: a festival day with one more ward, as that revision, on standard output."""
import csv
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    row["revision"] = sys.argv[2]
    if row["festival_day.venue.venue_kind"] == "ward":
        row["festival_day.venue.held"] = int(row["festival_day.venue.held"]) + 1
rows[0]["festival_day.points_held"] = int(rows[0]["festival_day.points_held"]) + 1
writer = csv.DictWriter(sys.stdout, rows[0])
writer.writeheader()
writer.writerows(rows)
