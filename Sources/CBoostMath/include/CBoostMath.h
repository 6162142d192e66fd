#ifndef CBOOSTMATH_H
#define CBOOSTMATH_H

#ifdef __cplusplus
extern "C" {
#endif

/* Distributions of Boost.Math behind C. Where an argument is outside of the domain the result is NaN; nothing throws. */

/* P(T > t) for Student's t with df > 0 degrees of freedom; relative error about 1e-15 far into the tail. */
double boost_student_t_upper_tail(double t, double df);

/* x with P(T <= x) = p, 0 < p < 1. */
double boost_student_t_quantile(double p, double df);

/* P(F > f) for Fisher's F with df1, df2 > 0 degrees of freedom. */
double boost_f_upper_tail(double f, double df1, double df2);

#ifdef __cplusplus
}
#endif

#endif
