// Makes a wrong report right, with as few changes as can be had cheaply: for mutations that are to get past the judge.
#ifndef BAOCAO_MEND_H
#define BAOCAO_MEND_H

#include "contract.h"

// A report that was unpacked with malloc(), as all that is put into it. A report without body stays wrong. The process ends
// when memory is out.
void mend_report(const struct contract *contract, ProtobufCMessage *report);

#endif
