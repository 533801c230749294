#include <gtest/gtest.h>
TEST(A, D) {}
