#ifndef BAOCAO_DESCRIBE_H
#define BAOCAO_DESCRIBE_H

// The subcommand: all kinds, or every field of one with its labels, rules and values. Exit status.
int describe(int argc, char **argv);

#endif
