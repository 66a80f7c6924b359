// SPDX-License-Identifier: Apache-2.0
// What is started when something happened: the least that can be.
int main(void) { return 0; }
