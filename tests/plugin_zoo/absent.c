/* SPDX-License-Identifier: Apache-2.0
 * The library that missing_dep was linked with, and does not find when it is loaded. */
__attribute__((visibility("default"))) int zoo_absent(void);
int zoo_absent(void) { return 1; }
