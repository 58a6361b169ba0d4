/* SPDX-License-Identifier: GPL-2.0-only */
/* gnuplot as a process whose input and outputs are files in memory: no name goes through a script.
 */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "draw.h"

/* Of gnuplot: standard input, output and error, in ascending order. */
struct streams {
	int fd[3];
};

static enum nvt_status environment(struct nvt_error *err, const char *what, const char *why)
{
	err->status = NVT_EENV;
	snprintf(err->text, sizeof(err->text), "%s%s", what, why);
	return err->status;
}

static void close_streams(struct streams *s)
{
	for (int i = 0; i < 3; i++)
		if (s->fd[i] >= 0)
			close(s->fd[i]);
}

bool plot_write(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t got = write(fd, data, size);

		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0) {
			data += got;
			size -= (size_t)got;
		}
	}
	return true;
}

static bool open_streams(struct streams *s, const char *script, size_t size)
{
	bool fine = true;

	for (int i = 0; i < 3; i++) {
		s->fd[i] = memfd_create("gnuplot", MFD_CLOEXEC);
		fine = fine && s->fd[i] >= 0;
	}
	return fine && plot_write(s->fd[0], script, size) && lseek(s->fd[0], 0, SEEK_SET) == 0;
}

/* Without what a user's own files would set. */
static int start(pid_t *child, const struct streams *s)
{
	char *const argv[] = {"gnuplot", "-d", "-", NULL};
	posix_spawn_file_actions_t actions;
	int status = posix_spawn_file_actions_init(&actions);

	if (status)
		return status;
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, s->fd[i], i);
	status = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

char *plot_read(int fd, size_t *size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *data = end < 0 ? NULL : malloc((size_t)end + 1);
	size_t done = 0;

	while (data && done < (size_t)end) {
		ssize_t got = pread(fd, data + done, (size_t)end - done, (off_t)done);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	if (data)
		data[done] = 0;
	*size = done;
	return data;
}

/* The last line that it wrote, for that is what stopped it. */
static enum nvt_status failed(const struct streams *s, struct nvt_error *err)
{
	size_t size;
	char *text = plot_read(s->fd[2], &size), *line;

	while (text && size && strchr("\n\r\t ", text[size - 1]))
		text[--size] = 0;
	line = text ? strrchr(text, '\n') : NULL;
	line = line ? line + 1 : text;
	if (line && *line) {
		line += strspn(line, "\t ");
		if (strlen(line) > 200)
			line[200] = 0;
	}
	environment(err, "gnuplot failed", "");
	if (line && *line)
		environment(err, "gnuplot failed: ", line);
	free(text);
	return NVT_EENV;
}

static enum nvt_status finish(pid_t child, const struct streams *s, struct nvt_error *err)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return environment(err, "gnuplot: ", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return NVT_OK;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return environment(err, "gnuplot cannot be run; install gnuplot-nox", "");
	return failed(s, err);
}

static enum nvt_status run(const struct streams *s, struct nvt_error *err)
{
	pid_t child;
	int status = start(&child, s);

	if (status == ENOENT)
		return environment(err, "gnuplot is not there; install gnuplot-nox", "");
	if (status)
		return environment(err, "gnuplot cannot be run: ", strerror(status));
	return finish(child, s, err);
}

enum nvt_status plot_gnuplot(const char *script, size_t size, char **out, size_t *out_size,
			     struct nvt_error *err)
{
	struct streams s;
	enum nvt_status status;

	*out = NULL;
	if (open_streams(&s, script, size))
		status = run(&s, err);
	else
		status = environment(err, "gnuplot: ", strerror(errno));
	if (!status) {
		*out = plot_read(s.fd[1], out_size);
		if (!*out)
			status = environment(err, "out of memory", "");
	}
	close_streams(&s);
	return status;
}

/* It runs an empty script. */
enum nvt_status plot_ready(struct nvt_error *err)
{
	size_t size;
	char *out;
	enum nvt_status status = plot_gnuplot("", 0, &out, &size, err);

	free(out);
	return status;
}
