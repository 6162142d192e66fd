#include <cblas.h>

/* LAPACK's Cholesky factorisation, which OpenBLAS contains; lapacke.h would be a package more. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
