/* Stand-in for libcircles.so whose faults the file STANDIN_DETECTOR names: a detector that hangs, dies, or finds no memory. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int told(const char *fault) {
  char word[32] = "";
  FILE *file = fopen(getenv("STANDIN_DETECTOR"), "r");
  if (file) {
    if (fscanf(file, "%31s", word) != 1) word[0] = 0;
    fclose(file);
  }
  return strcmp(word, fault) == 0;
}

size_t circles_workspace_bytes(int width, int height, const void *settings) {
  (void)settings;
  if (told("refuses")) return 0;
  if (told("memory")) return (size_t)1 << 60;
  return (size_t)width * (size_t)height;
}

int circles_find(const void *pixels, int width, int height, ptrdiff_t stride, const void *settings, void *workspace,
                 size_t workspace_bytes, float *circles, int most, void *report) {
  (void)pixels, (void)stride, (void)settings, (void)workspace, (void)workspace_bytes, (void)most, (void)report;
  while (told("hangs")) usleep(10000);
  if (told("dies")) raise(SIGSEGV);
  circles[0] = (float)width / 2, circles[1] = (float)height / 2, circles[2] = 50, circles[3] = 1;
  return 1;
}
