# Makes two_proportions.csv: base R alone, each method from its definition and none from Casewise.
# Rscript two_proportions.R > two_proportions.csv   (R 4.2.2; some minutes)
options(digits = 15, warn = -1)
tie <- 1 + 1e-7
tables <- rbind(
  c(0,9,2,6), c(0,9,3,6), c(2,9,5,6), c(2,9,3,6), c(0,5,0,7), c(5,5,7,7), c(0,5,7,7), c(5,5,0,7),
  c(1,1,0,1), c(0,1,3,12), c(1,8,7,8), c(4,8,4,8), c(0,8,4,8), c(3,10,3,5), c(7,12,2,11),
  c(12,12,8,12), c(1,12,6,12), c(3,12,9,12), c(10,12,1,3), c(0,12,1,2), c(6,7,1,9), c(3,15,8,14),
  c(2,20,7,18), c(9,20,0,4), c(5,25,12,25), c(1,30,4,10), c(11,30,20,30), c(0,30,1,30),
  c(14,40,22,35), c(3,40,0,9), c(20,50,33,48), c(2,60,9,55), c(30,60,28,60), c(1,100,8,90),
  c(40,100,22,90), c(3,8,1,25), c(5,6,14,45), c(6,6,2,11), c(4,4,1,16), c(13,16,13,16))

hyper <- function(t, n1, n0, m) {             # noncentral hypergeometric, t the log odds ratio
  x <- max(0, m - n0):min(n1, m)
  w <- dhyper(x, n1, n0, m, log = TRUE) + t * x
  f <- exp(w - max(w)); f / sum(f)
}
tails <- function(f) pmin(cumsum(f), rev(cumsum(rev(f))))
pvalue <- function(f, i, kind, mid = FALSE) {
  if (kind == "central") {
    h <- if (mid) f[i] / 2 else 0
    return(min(1, 2 * min(sum(f[1:i]) - h, sum(f[i:length(f)]) - h)))
  }
  e <- if (kind == "minlike") f else tails(f)
  p <- sum(f[e <= e[i] * tie])
  if (mid) p <- p - sum(f[abs(e / e[i] - 1) < 1e-7]) / 2
  min(1, p)
}
outermost <- function(p, low, high, alpha, n = 4000) {   # limits of {t: p(t) > alpha}
  g <- seq(low, high, length.out = n)
  ok <- which(sapply(g, p) > alpha)
  cut <- function(bad, good) {
    for (k in 1:60) { mid <- (bad + good) / 2; if (p(mid) > alpha) good <- mid else bad <- mid }
    good
  }
  c(if (ok[1] == 1) -Inf else cut(g[ok[1] - 1], g[ok[1]]),
    if (ok[length(ok)] == n) Inf else cut(g[ok[length(ok)] + 1], g[ok[length(ok)]]))
}
conditional <- function(x1, n1, x0, n0, kind, mid = FALSE) {
  m <- x1 + x0; i <- x1 - max(0, m - n0) + 1
  exp(outermost(function(t) pvalue(hyper(t, n1, n0, m), i, kind, mid), -14, 14, .05))
}
cmle <- function(x1, n1, x0, n0) {
  m <- x1 + x0; x <- max(0, m - n0):min(n1, m)
  if (length(x) == 1) return(NA)
  if (x1 == x[1]) return(0)
  if (x1 == x[length(x)]) return(Inf)
  exp(uniroot(function(t) sum(x * hyper(t, n1, n0, m)) - x1, c(-30, 30), tol = 1e-13)$root)
}
# score: the likelihood under the supposition is maximized numerically
score <- function(measure, v, x1, n1, x0, n0) {
  one <- switch(measure, rd = function(p) p + v, rr = function(p) p * v,
                or = function(p) v * p / (1 - p + v * p))
  lo <- if (measure == "rd") max(0, -v) else 0
  hi <- switch(measure, rd = min(1, 1 - v), rr = min(1, 1 / v), or = 1)
  l <- function(p) dbinom(x1, n1, pmin(1, one(p)), log = TRUE) + dbinom(x0, n0, p, log = TRUE)
  p0 <- optimize(l, c(lo, hi), maximum = TRUE, tol = 1e-12)$maximum
  d <- function(p) { h <- 1e-7 * p * (1 - p); (l(p + h) - l(p - h)) / (2 * h) }
  e <- (hi - lo) * 1e-9
  if (is.finite(d(lo + e)) && is.finite(d(hi - e)) && d(lo + e) > 0 && d(hi - e) < 0)
    p0 <- uniroot(d, c(max(lo + e, p0 - 1e-4), min(hi - e, p0 + 1e-4)), tol = 1e-15,
                  extendInt = "yes")$root
  p1 <- one(p0); k <- (n1 + n0) / (n1 + n0 - 1)
  switch(measure,
    rd = (x1/n1 - x0/n0 - v) / sqrt(k * (p1*(1-p1)/n1 + p0*(1-p0)/n0)),
    rr = (x1/n1 - v * x0/n0) / sqrt(k * (p1*(1-p1)/n1 + v^2 * p0*(1-p0)/n0)),
    or = (x1 - n1*p1) * sqrt((1/(n1*p1*(1-p1)) + 1/(n0*p0*(1-p0))) / k))
}
scorelimits <- function(measure, x1, n1, x0, n0) {
  z <- qnorm(.975)
  f <- function(t, s) score(measure, if (measure == "rd") t else exp(t), x1, n1, x0, n0) - s
  r <- if (measure == "rd") c(-1, 1) * (1 - 1e-9) else c(-12, 12)
  est <- switch(measure, rd = x1/n1 - x0/n0, rr = log((x1/n1) / (x0/n0)),
                or = log(x1 * (n0 - x0) / (x0 * (n1 - x1))))
  if (is.nan(est)) return(c(NA, NA))
  b <- function(s, end) {
    if (measure != "rd" && ((s > 0 && est == -Inf) || (s < 0 && est == Inf))) return(end)
    if (measure == "rd" && abs(est) == 1 && sign(est) != sign(s)) return(est)
    uniroot(f, r, s = s, tol = 1e-10)$root
  }
  lim <- c(b(z, -Inf), b(-z, Inf))
  if (measure == "rd") lim else exp(lim)
}
newcombe <- function(x1, n1, x0, n0) {
  a <- prop.test(x1, n1, correct = FALSE)$conf.int; b <- prop.test(x0, n0, correct = FALSE)$conf.int
  p <- x1/n1; q <- x0/n0
  p - q + c(-1, 1) * sqrt(c((p - a[1])^2 + (b[2] - q)^2, (a[2] - p)^2 + (q - b[1])^2))
}
supremum <- function(region, n1, n0) {        # region: matrix, treated events down
  f <- function(p) sum(outer(dbinom(0:n1, n1, p), dbinom(0:n0, n0, p))[region])
  g <- sin(seq(0, pi/2, length.out = 1001))^2
  v <- sapply(g, f)
  best <- max(v)
  for (k in order(-v)[1:12]) {
    o <- optimize(f, g[c(max(1, k - 1), min(1001, k + 1))], maximum = TRUE, tol = 1e-12)
    best <- max(best, o$objective)
  }
  min(1, best)
}
barnard <- function(x1, n1, x0, n0, pooled) {
  a <- outer(0:n1, 0:n0, function(i, j) {
    v <- if (pooled) { p <- (i+j)/(n1+n0); p*(1-p)*(1/n1+1/n0) }
         else i/n1*(1-i/n1)/n1 + j/n0*(1-j/n0)/n0
    z <- (i/n1 - j/n0) / sqrt(v); z[abs(i*n0 - j*n1) < .5] <- 0; abs(z)
  })
  supremum(a >= a[x1 + 1, x0 + 1] * (1 - 1e-7), n1, n0)
}
boschloo <- function(x1, n1, x0, n0, kind) {
  one <- function(i, j) {
    f <- hyper(0, n1, n0, i + j); k <- i - max(0, i + j - n0) + 1
    switch(kind, minlike = pvalue(f, k, "minlike"), less = sum(f[1:k]), sum(f[k:length(f)]))
  }
  a <- outer(0:n1, 0:n0, Vectorize(one))
  supremum(a <= a[x1 + 1, x0 + 1] * tie, n1, n0)
}
line <- function(t) {
  x1 <- t[1]; n1 <- t[2]; x0 <- t[3]; n0 <- t[4]; m <- x1 + x0
  call <- function(f, ...) f(x1, n1, x0, n0, ...)
  f <- hyper(0, n1, n0, m); i <- x1 - max(0, m - n0) + 1
  x <- matrix(c(x1, n1 - x1, x0, n0 - x0), 2)
  one <- length(f) == 1
  small <- n1 * n0 <= 900
  c(t,
    minlike = fisher.test(x)$p.value,
    central = min(1, 2 * fisher.test(x, alternative = "less")$p.value,
                  2 * fisher.test(x, alternative = "greater")$p.value),
    blaker = pvalue(f, i, "blaker"),
    minlike_mid = if (one) 1 else pvalue(f, i, "minlike", TRUE),
    central_mid = if (one) 1 else pvalue(f, i, "central", TRUE),
    blaker_mid = if (one) 1 else pvalue(f, i, "blaker", TRUE),
    pooled = if (one) 1 else call(barnard, TRUE), unpooled = if (one) 1 else call(barnard, FALSE),
    boschloo_minlike = if (small) call(boschloo, "minlike") else NA,
    boschloo_central = if (small)
      min(1, 2 * call(boschloo, "less"), 2 * call(boschloo, "greater")) else NA,
    pearson = if (one) 1 else chisq.test(x, correct = FALSE)$p.value,
    yates = if (one) 1 else chisq.test(x)$p.value,
    or = call(cmle),
    or_central = call(conditional, "central"), or_minlike = call(conditional, "minlike"),
    or_blaker = call(conditional, "blaker"), or_mid = call(conditional, "central", TRUE),
    or_score = call(function(...) scorelimits("or", ...)),
    rr_score = call(function(...) scorelimits("rr", ...)),
    rd_mn = call(function(...) scorelimits("rd", ...)), rd_newcombe = call(newcombe),
    cp = binom.test(x1, n1)$conf.int, wilson = prop.test(x1, n1, correct = FALSE)$conf.int)
}
out <- t(apply(tables, 1, line))
colnames(out)[1:4] <- c("events_1", "n_1", "events_0", "n_0")
out <- signif(out, 10)
write.csv(out, stdout(), row.names = FALSE, quote = FALSE)
