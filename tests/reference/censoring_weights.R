# Censoring weights and weighted risks, for test_censoring_weights_from_r.py: R 4, survival, survey.
suppressMessages({library(survival); library(survey)})
i <- 1:120
arm <- as.integer((i * 7) %% 5 < 2)
x1 <- (i * 29) %% 17 / 4; x2 <- as.integer((i * 11) %% 7 < 3)
time <- (i * 37) %% 241 + 1               # all different
known <- as.integer((i * 13 + 3 * x2) %% 10 < 6)
y <- as.integer((i * 19) %% 9 < 3 + arm)
f <- coxph(Surv(time, 1 - known) ~ x1 + x2 + strata(arm))
w <- exp(predict(f, type = "expected"))   # the known have no jump of their own on their day
k <- known == 1
d <- svydesign(ids = ~1, weights = w[k], data = data.frame(y = y[k], arm = arm[k]))
m <- svyby(~y, ~arm, d, svymean)
g <- svyglm(y ~ arm, d)
n <- sum(k)
cat(sprintf("%.9f\n", c(w[which(k)[1:4]], m$y, coef(g)[2], SE(g)[2] * sqrt((n - 1) / n))))
