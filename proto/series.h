// A series: the filings that are revisions of each other, that is of one unit, kind and period. Any thread.
#ifndef BAOCAO_SERIES_H
#define BAOCAO_SERIES_H

#include "contract.h"

enum { SERIES_TEXT_SIZE = 160 };

// The kind in the natural key of a report with that body: the body's own, or the one that a withdrawal names. NULL when a
// withdrawal names none that is known.
const struct contract_value *series_kind(const struct contract *contract, const ProtobufCMessage *report,
                                         const struct contract_kind *body);

// The series as text, equal for equal series; what a report lacks is empty, what is too long is cut.
void series_text(const struct contract *contract, const ProtobufCMessage *report, char text[static SERIES_TEXT_SIZE]);

#endif
