# Makes fine_gray.csv: Fine and Gray's model by cmprsk::crr, with ties and without, one to three
# covariates. Rscript fine_gray.R > fine_gray.csv   (R 4.2.2, cmprsk 2.2-11)
suppressMessages(library(cmprsk))
set.seed(42)
num <- function(v, digits = 14) paste(format(as.numeric(v), digits = digits, trim = TRUE), collapse = " ")
cat("time,cause,covariates,expected\n")
for (k in 1:16) {
  n <- sample(c(15, 24, 40), 1); p <- sample(1:3, 1)
  x <- matrix(round(rnorm(n * p), 2), n)
  if (k %% 2) x[, 1] <- rbinom(n, 1, .5)
  t <- if (k <= 6) round(rexp(n) * 1000) + (1:n) / 1000 else sample(1:12, n, TRUE)
  c <- sample(0:2, n, TRUE, c(.3, .4, .3))
  f <- crr(t, c, x, gtol = 1e-13, maxiter = 50)
  if (max(abs(f$coef)) > 10) next  # no maximum: crr stops somewhere
  cat(num(t), num(c), num(t(x), 8),
      num(c(f$coef, f$var, f$loglik, f$loglik.null)), sep = ",")
  cat("\n")
}
