# Reference values for casewise.stats on samples: ranks, survival, rates, models, priors, power.
# Run as: Rscript samples.R > samples.csv   (R 4.2.2, survival 3.5-3, coin 1.4-2)
suppressMessages({library(survival); library(coin)})
num <- function(x) paste(format(as.numeric(x), digits = 15, trim = TRUE), collapse = " ")
row <- function(method, a = "", b = "", c = "", option = "", expected)
  cat(paste(method, num0(a), num0(b), num0(c), option, num(expected), sep = ","), "\n", sep = "")
num0 <- function(x) if (identical(x, "")) "" else num(x)
cat("method,a,b,c,option,expected\n")
set.seed(20230401)

# quantiles, all nine rules
for (x in list(c(5, 8, 10, 14, 14, 26), c(9, 18, 23, 25, 27, 31, 36, 44, 61), c(1.5, 2.25), 7,
               round(rnorm(20), 2)))
  for (type in 1:9) row("quantile", x, option = type, expected = quantile(x, c(.25, .5, .75, .1, .7), type = type))

# two samples
pairs <- list(list(c(9, 18, 23, 25, 27, 31, 36, 44, 61), c(5, 8, 10, 14, 14, 26)),
              list(1:3, c(2, 4, 6, 8)), list(c(1, 1, 2, 2, 3), c(2, 2, 3, 3, 3, 4)),
              list(c(0, 0, 0, 1), c(0, 1, 1, 1, 1, 1, 2)), list(5, c(1, 2, 3, 4, 6, 7, 8)),
              list(c(3, 3, 3), c(3, 3, 4)))
for (i in 1:16) pairs <- c(pairs, list(list(rpois(sample(3:14, 1), 6), rpois(sample(3:14, 1), 8))))
for (p in pairs) {
  x <- p[[1]]; y <- p[[2]]; d <- data.frame(v = c(x, y), g = factor(rep(1:2, c(length(x), length(y)))))
  row("rank_sum exact", x, y, expected = pvalue(wilcox_test(v ~ g, d, distribution = "exact")))
  for (correct in c(TRUE, FALSE)) {
    w <- suppressWarnings(wilcox.test(x, y, exact = FALSE, correct = correct))
    row("rank_sum asymptotic", x, y, option = correct, expected = c(w$statistic, w$p.value))
  }
  row("permutation mean", x, y, expected = pvalue(oneway_test(v ~ g, d, distribution = "exact")))
  row("kruskal asymptotic", x, y, expected = unlist(kruskal.test(list(x, y))[c("statistic", "p.value")]))
  if (min(length(x), length(y)) > 1 && max(y) > min(x) && max(x) > min(y) && var(x) + var(y) > 0) {
    # Brunner and Munzel's statistic, by its definition
    r <- rank(c(x, y)); m <- length(x); n <- length(y); r1 <- r[1:m]; r2 <- r[-(1:m)]
    v1 <- var(r1 - rank(x)); v2 <- var(r2 - rank(y))
    s <- m * n * (mean(r1) - mean(r2)) / ((m + n) * sqrt(m * v1 + n * v2))
    df <- (m * v1 + n * v2)^2 / ((m * v1)^2 / (m - 1) + (n * v2)^2 / (n - 1))
    row("brunner_munzel", x, y, expected = c(s, 2 * pt(-abs(s), df)))
  }
}
for (i in 1:10) {  # without ties R's own interval is exact
  x <- round(rnorm(sample(4:12, 1), 1), 4); y <- round(rnorm(sample(4:12, 1)), 4)
  w <- wilcox.test(x, y, exact = TRUE, conf.int = TRUE)
  row("hodges_lehmann", x, y, expected = c(w$estimate, w$conf.int, w$p.value))
}
for (i in 1:5) {
  x <- list(rpois(6, 5), rpois(8, 7), rpois(5, 9))
  row("kruskal asymptotic", x[[1]], x[[2]], x[[3]], expected = unlist(kruskal.test(x)[c("statistic", "p.value")]))
}
for (i in 1:6) {  # van Elteren: midranks over stratum size + 1, permuted within strata
  n <- sample(14:30, 1); b <- factor(sample(1:3, n, TRUE)); g <- factor(rbinom(n, 1, .5)); v <- rpois(n, 6)
  v2 <- ave(as.numeric(v), b, FUN = function(u) rank(u) / (length(u) + 1))
  t <- independence_test(v2 ~ g | b, teststat = "scalar")
  row("van_elteren", v, as.numeric(as.character(g)), as.numeric(b), expected = c(abs(statistic(t)), pvalue(t)))
}

# time to event
groups <- list(list(aml$time, aml$status, aml$x == "Maintained"),
               list(ovarian$futime, ovarian$fustat, ovarian$rx == 2),
               list(veteran$time, veteran$status, veteran$trt == 2))
for (i in 1:9) {
  n <- sample(12:26, 1); groups <- c(groups, list(list(sample(1:20, n, TRUE), rbinom(n, 1, .7), rep(0:1, length.out = n))))
}
for (s in groups) {
  t <- s[[1]]; e <- s[[2]]; g <- as.numeric(s[[3]])
  for (type in c("log-log", "arcsin")) {
    f <- survfit(Surv(t, e) ~ 1, conf.type = type)
    at <- unique(quantile(t[e == 1], c(.1, .4, .8), type = 1)); at <- at[at < max(t)]
    k <- summary(f, times = at)
    row("kaplan_meier", t, e, at, option = type, expected = rbind(k$surv, k$lower, k$upper, k$n.risk))
    m <- quantile(f, .5)
    row("median survival", t, e, option = type, expected = unlist(m))
  }
  for (rho in 0:1) {
    l <- survdiff(Surv(t, e) ~ g, rho = rho)
    row("log_rank asymptotic", t, e, g, option = rho, expected = c(l$chisq, pchisq(l$chisq, 1, lower.tail = FALSE)))
  }
  if (length(t) <= 26) {
    d <- data.frame(t, e, g = factor(g))
    row("log_rank exact", t, e, g, option = "log-rank", expected = pvalue(logrank_test(Surv(t, e) ~ g, d, distribution = "exact")))
    row("log_rank exact", t, e, g, option = "gehan", expected = pvalue(logrank_test(Surv(t, e) ~ g, d, distribution = "exact", type = "Gehan-Breslow")))
    row("log_rank exact", t, e, g, option = "peto", expected = pvalue(logrank_test(Surv(t, e) ~ g, d, distribution = "exact", type = "Prentice-Marek")))
  }
  c1 <- summary(coxph(Surv(t, e) ~ g))$conf.int
  row("hazard_ratio", t, e, g, expected = c1[c(1, 3, 4)])
}
for (i in 1:4) {
  n <- 40; t <- sample(1:25, n, TRUE); e <- rbinom(n, 1, .6); g <- sample(1:3, n, TRUE)
  l <- survdiff(Surv(t, e) ~ g)
  row("log_rank asymptotic", t, e, g, option = 0, expected = c(l$chisq, pchisq(l$chisq, 2, lower.tail = FALSE)))
}

# rates
for (k in list(c(0, 120), c(1, 33.5), c(3, 120), c(12, 9), c(250, 1e4)))
  row("incidence_rate", k, expected = { p <- poisson.test(k[1], k[2]); c(p$estimate, p$conf.int) })
for (k in list(c(3, 120, 7, 90), c(0, 120, 7, 90), c(4, 50, 0, 60), c(10, 33, 12, 31), c(1, 5, 1, 7))) {
  p <- poisson.test(k[c(1, 3)], k[c(2, 4)])
  row("rate_ratio", k, expected = c(p$estimate, p$conf.int))
}

# many outcomes
for (p in list(c(.01, .02, .03), c(.142857, .043956, .040559, .3287, .02), c(.5, .9, .9), .04, c(1, 0.001, 0.001)))
  for (m in c("holm", "hochberg")) row(m, p, expected = p.adjust(p, m))

# standardized differences
for (i in 1:4) {
  x <- round(rnorm(9, 1), 2); y <- round(rnorm(6), 2)
  row("smd continuous", x, y, expected = (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2))
  x <- rbinom(9, 1, .4); y <- rbinom(8, 1, .6); p <- mean(x); q <- mean(y)
  row("smd binary", x, y, expected = (p - q) / sqrt((p * (1 - p) + q * (1 - q)) / 2))
  x <- sample(1:4, 30, TRUE); y <- sample(1:4, 25, TRUE, c(1, 2, 3, 4))
  p <- as.numeric(table(factor(x, 1:4)) / 30)[1:3]; q <- as.numeric(table(factor(y, 1:4)) / 25)[1:3]
  s <- (diag(p) - p %o% p + diag(q) - q %o% q) / 2
  row("smd multinomial", x, y, expected = sqrt((p - q) %*% solve(s) %*% (p - q)))
}

# exact logistic regression with a binary nuisance covariate: the exact common log odds ratio of two
# tables (mantelhaen.test(exact = TRUE) gives the same to three digits: its searches stop early)
hyper <- function(y, x) { k <- max(0, sum(y) - sum(!x)):min(sum(x), sum(y)); list(k = k, w = dhyper(k, sum(x), sum(!x), sum(y))) }
for (i in 1:6) repeat {
  n <- 24; x <- rbinom(n, 1, .5); z <- rbinom(n, 1, .5); y <- rbinom(n, 1, .3 + .3 * x)
  h <- lapply(0:1, function(s) hyper(y[z == s], x[z == s]))
  k <- as.vector(outer(h[[1]]$k, h[[2]]$k, "+")); w <- as.vector(outer(h[[1]]$w, h[[2]]$w)); t <- sum(x * y)
  if (length(unique(k)) < 4 || t == min(k) || t == max(k)) next
  f <- function(b) { e <- w * exp((k - t) * b); e / sum(e) }
  root <- function(g) uniroot(g, c(-25, 25), tol = 1e-13)$root
  row("exact_logistic", y, x, z, expected = c(root(function(b) sum(k * f(b)) - t),
      root(function(b) sum(f(b)[k >= t]) - .025), root(function(b) sum(f(b)[k <= t]) - .025)))
  break
}

# Firth's logistic regression of one 0/1 covariate: the penalized likelihood, maximized directly
firth <- function(y, x) {
  X <- cbind(1, x)
  penalized <- function(b) { p <- plogis(X %*% b); sum(ifelse(y == 1, log(p), log(1 - p))) + .5 * log(det(t(X) %*% (X * as.vector(p * (1 - p))))) }
  best <- optim(c(0, 0), function(b) -penalized(b), method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))
  profile <- function(b1) -optimize(function(b0) -penalized(c(b0, b1)), c(-15, 15), tol = 1e-10)$objective
  drop <- function(b1) 2 * (-best$value - profile(b1)) - qchisq(.95, 1)
  c(best$par[2], uniroot(drop, c(-40, best$par[2]), tol = 1e-10)$root, uniroot(drop, c(best$par[2], 40), tol = 1e-10)$root,
    pchisq(2 * (-best$value - profile(0)), 1, lower.tail = FALSE))
}
for (k in list(c(0, 9, 3, 6), c(0, 9, 2, 6), c(2, 9, 5, 6), c(7, 7, 1, 8)))
  row("firth_logistic", rep(c(1, 0, 1, 0), c(k[1], k[2] - k[1], k[3], k[4] - k[3])), rep(1:0, k[c(2, 4)]),
      expected = firth(rep(c(1, 0, 1, 0), c(k[1], k[2] - k[1], k[3], k[4] - k[3])), rep(1:0, k[c(2, 4)])))

# priors
for (k in list(c(0, 9, 2, 6), c(0, 9, 3, 6), c(2, 9, 5, 6), c(2, 9, 3, 6), c(20, 100, 31, 90)))
  for (prior in c(1, .5)) {
    f0 <- function(p) dbeta(p, k[3] + prior, k[4] - k[3] + prior)
    F1 <- function(p) pbeta(p, k[1] + prior, k[2] - k[1] + prior)
    below <- function(d) integrate(function(p) f0(p) * F1(p + d), 0, 1, rel.tol = 1e-10, subdivisions = 2000)$value
    row("posterior", k, option = prior, expected = c(below(0), uniroot(function(d) below(d) - .025, c(-.99, .9), tol = 1e-9)$root))
  }
# log odds ratio normal: by two-dimensional integration
for (k in list(c(0, 9, 3, 6), c(2, 9, 5, 6))) for (centre in c(0, log(.5))) {
  s <- log(2) / qnorm(.95)
  inner <- function(to) function(p0) sapply(p0, function(p) dbeta(p, k[3] + 1, k[4] - k[3] + 1) *
    integrate(function(t) dbinom(k[1], k[2], plogis(qlogis(p) + t)) * dnorm(t, centre, s), -8, to, rel.tol = 1e-10)$value)
  whole <- integrate(inner(8), 0, 1, rel.tol = 1e-9)$value
  row("posterior normal", k, option = ifelse(centre == 0, "sceptical", "enthusiastic"),
      expected = integrate(inner(0), 0, 1, rel.tol = 1e-9)$value / whole)
}

# power of Fisher's test, over all tables
for (k in list(c(.05, 9, .5, 6), c(.3, 12, .3, 12), c(.1, 20, .5, 15), c(.6, 30, .9, 30))) {
  power <- 0
  for (a in 0:k[2]) for (b in 0:k[4])
    if (fisher.test(matrix(c(a, k[2] - a, b, k[4] - b), 2))$p.value <= .05)
      power <- power + dbinom(a, k[2], k[1]) * dbinom(b, k[4], k[3])
  row("power", k, expected = power)
}
