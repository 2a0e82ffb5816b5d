// The sensor under libcamera's virtual pipeline, which has none: it gives 30 frames a second, and does what the file
// STANDIN_CAMERA says. It also serves /dev/dma_heap from memory, for kernels that have none. Loaded before libcamera.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_NS = 1000000000 / 30, SECOND_NS = 1000000000, NOTICE = 8, MOST_DESCRIPTORS = 4096, ORDER_BYTES = 16 };

static int owed = -1;
static bool notifies[MOST_DESCRIPTORS];
static unsigned char *frozen;
static off_t frozen_bytes;

// Found at once: a look-up waits while any thread loads a library, and lttng's, which libcamera loads, waits for those.
static __typeof__(open) *real_open, *real_open64;
static __typeof__(ioctl) *real_ioctl;
static __typeof__(eventfd) *real_eventfd;
static __typeof__(close) *real_close;
static __typeof__(write) *real_write;

#define FIND(name) real_##name = (__typeof__(real_##name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor(101))) static void find(void)
{
	FIND(open);
	FIND(open64);
	FIND(ioctl);
	FIND(eventfd);
	FIND(close);
	FIND(write);
}

// In memory, since a process may have no descriptor left when it is to be read.
static const char *order = "fine";

__attribute__((constructor)) static void obey(void)
{
	const char *path = getenv("STANDIN_CAMERA");
	int file = path ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *said = mmap(NULL, ORDER_BYTES, PROT_READ, MAP_SHARED, file, 0);
	if (said != MAP_FAILED)
		order = said;
	real_close(file);
}

static bool is(const char *word) { return !strncmp(order, word, strlen(word)); }

// A heap is a descriptor like any other: what is allocated from it does not depend on it.
static bool heap(const char *path) { return !strncmp(path, "/dev/dma_heap/", 14); }

#define OPENING(name)                                                          \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
			va_list more;                                                  \
		va_start(more, flags);                                         \
		mode_t mode = va_arg(more, mode_t);                            \
		va_end(more);                                                  \
		return heap(path) ? memfd_create("heap", MFD_CLOEXEC) : real_##name(path, flags, mode); \
	}
OPENING(open)
OPENING(open64)

static int allocate(struct dma_heap_allocation_data *wanted)
{
	int buffer = memfd_create("buffer", MFD_CLOEXEC);
	if (buffer < 0 || ftruncate(buffer, (off_t)wanted->len))
		return -1;
	wanted->fd = (uint32_t)buffer;
	return 0;
}

static void freeze(unsigned char *pixels, off_t bytes)
{
	if (frozen_bytes == bytes) {
		memcpy(pixels, frozen, (size_t)bytes);
		return;
	}
	free(frozen);
	frozen = malloc((size_t)bytes);
	frozen_bytes = frozen ? bytes : 0;
	if (frozen)
		memcpy(frozen, pixels, (size_t)bytes);
}

// Brightness is two thirds of YUV with a quarter of the colours; a sensor in the dark has noise.
static void darken(unsigned char *pixels, off_t bytes, int noise)
{
	static uint32_t seed = 1;
	for (off_t pixel = 0; pixel < bytes * 2 / 3; pixel++) {
		seed = seed * 1664525 + 1013904223;
		pixels[pixel] = (unsigned char)((seed >> 24) % (uint32_t)noise);
	}
	memset(pixels + bytes * 2 / 3, 128, (size_t)(bytes - bytes * 2 / 3));
}

static void expose(int buffer)
{
	struct stat about;
	bool black = is("black"), covered = is("covered"), stands = is("frozen");
	if (!stands)
		frozen_bytes = 0;
	if ((!black && !covered && !stands) || fstat(buffer, &about))
		return;
	void *pixels = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (pixels == MAP_FAILED)
		return;
	if (stands)
		freeze(pixels, about.st_size);
	else
		darken(pixels, about.st_size, covered ? 11 : 3);
	munmap(pixels, (size_t)about.st_size);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list more;
	va_start(more, request);
	void *argument = va_arg(more, void *);
	va_end(more);
	// Python hands the number over as a signed one, with the sign in the upper half.
	switch ((uint32_t)request) {
	case (uint32_t)DMA_HEAP_IOCTL_ALLOC:
		return allocate(argument);
	case (uint32_t)DMA_BUF_IOCTL_SYNC:
		if (((struct dma_buf_sync *)argument)->flags == (DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ))
			expose(fd);
		return 0;
	case (uint32_t)DMA_BUF_SET_NAME_A:
	case (uint32_t)DMA_BUF_SET_NAME_B:
		return 0;
	default:
		return real_ioctl(fd, request, argument);
	}
}

// libcamera's Python bindings (_libcamera.*.so) learn through a descriptor of this kind that a frame is there.
int eventfd(unsigned int count, int flags)
{
	Dl_info caller;
	int made = real_eventfd(count, flags);
	if (made >= 0 && made < MOST_DESCRIPTORS)
		notifies[made] = dladdr(__builtin_return_address(0), &caller) && strstr(caller.dli_fname, "/_libcamera");
	return made;
}

int close(int fd)
{
	if (fd >= 0 && fd < MOST_DESCRIPTORS)
		notifies[fd] = false;
	return real_close(fd);
}

static void keep_pace(void)
{
	static struct timespec due;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	due.tv_nsec += FRAME_NS;
	if (due.tv_nsec >= SECOND_NS) {
		due.tv_nsec -= SECOND_NS;
		due.tv_sec++;
	}
	if (due.tv_sec < now.tv_sec || (due.tv_sec == now.tv_sec && due.tv_nsec < now.tv_nsec))
		due = now;
	else
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	if (fd < 0 || fd >= MOST_DESCRIPTORS || !notifies[fd] || length != NOTICE)
		return real_write(fd, bytes, length);
	while (is("hangs"))
		usleep(10000);
	if (is("gone")) {
		owed = fd;
		return NOTICE;
	}
	keep_pace();
	return real_write(fd, bytes, length);
}

static void *libcamera(const char *symbol)
{
	return dlsym(dlopen("libcamera.so.0.4", RTLD_LAZY | RTLD_NOLOAD), symbol);
}

// Whether another process has the camera: the virtual pipeline has no device that could be locked.
bool _ZN9libcamera15PipelineHandler7acquireEPNS_6CameraE(void *handler, void *camera)
{
	bool (*real)(void *, void *) = (bool (*)(void *, void *))libcamera(__func__);
	return !is("busy") && real(handler, camera);
}

// What a camera that is gone owes is told as cancelled when it is stopped.
int _ZN9libcamera6Camera4stopEv(void *camera)
{
	int (*real)(void *) = (int (*)(void *))libcamera(__func__);
	int status = real(camera);
	if (owed >= 0)
		real_write(owed, &(uint64_t){1}, NOTICE);
	owed = -1;
	return status;
}

struct cameras {
	void *begin, *end, *end_of_room;
};

// The cameras that were found when the manager began; a camera that is gone by then is not among them. The virtual
// pipeline itself cannot be told so: once it found none, it looks no more as long as the process lives (0.4.0).
struct cameras _ZNK9libcamera13CameraManager7camerasEv(void *manager)
{
	struct cameras (*real)(void *) = (struct cameras(*)(void *))libcamera(__func__);
	return is("gone") ? (struct cameras){0} : real(manager);
}
