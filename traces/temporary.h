/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that have not got their name yet, and folders, for a program that a signal ends. */
#ifndef NVSIM_TRACES_TEMPORARY_H
#define NVSIM_TRACES_TEMPORARY_H

/* As many at a time; what goes beyond is not remembered. */
#define NVT_TEMPORARIES 8

/*
 * Opens a new file for reading and writing, in the folder of `path` and under a name that nobody
 * can guess, with the permissions that a file made by open() has; it is remembered. *name is to be
 * freed. -1: errno, and *name is NULL.
 */
int nvt_temporary_open(const char *path, char **name);

/* To be called when a temporary file or folder was made, and when it was renamed or removed. */
void nvt_temporary_add(const char *path);
void nvt_temporary_forget(const char *path);
/* Removes those that are remembered, a folder after what was made in it later. May be called in a
 * handler, on any thread. */
void nvt_temporary_remove_all(void);

#endif
