// baocao.conf: lines "name = value" with the options of options.h that a file may have. One thread.
#ifndef BAOCAO_CONF_H
#define BAOCAO_CONF_H

#include <stdio.h>

#include "options.h"

// Reads options->conf where it is set, which must be there then; else /etc/baocao/baocao.conf, then baocao/baocao.conf in
// $XDG_CONFIG_HOME or ~/.config, where they are: what the second says prevails. False: each wrong line was printed to
// standard error with file, line and reason.
bool conf_read_all(struct options *options);

// Reads one open file, which the messages call path.
bool conf_read(struct options *options, const char *path, FILE *file);

#endif
