#include "CBoostMath.h"

#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace {

using namespace boost::math::policies;

// An exception must not cross into Swift: errors become NaN or infinity.
using Quiet = policy<domain_error<ignore_error>, pole_error<ignore_error>, overflow_error<ignore_error>,
                     evaluation_error<ignore_error>, promote_double<false>>;

}  // namespace

double boost_student_t_upper_tail(double t, double df) {
  return boost::math::cdf(boost::math::complement(boost::math::students_t_distribution<double, Quiet>(df), t));
}

double boost_student_t_quantile(double p, double df) {
  return boost::math::quantile(boost::math::students_t_distribution<double, Quiet>(df), p);
}

double boost_f_upper_tail(double f, double df1, double df2) {
  return boost::math::cdf(boost::math::complement(boost::math::fisher_f_distribution<double, Quiet>(df1, df2), f));
}
