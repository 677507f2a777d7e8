// A word from one thread to another that sleeps in poll(): any number of words is one. Made by wake_create(), closed by close().
// Any thread.
#ifndef BAOCAO_WAKE_H
#define BAOCAO_WAKE_H

// A descriptor that is readable while a word waits (eventfd(2)); -1 when there is none, errno tells why.
int wake_create(void);

// Never waits, never fails: a word that cannot be put finds the reader awake anyway.
void wake_put(int fd);

// Takes what waits, if anything does.
void wake_take(int fd);

#endif
