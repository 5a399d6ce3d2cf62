# Adjusted effects of the catheter on death by day 30, from the published table to the figures of
# examples/right_heart_catheterization/study_adjusted.yaml, without Casewise:
#     Rscript rhc_adjusted.R rhc.csv
# R 4.2.2, survival 3.5-3. Its answers stand in test_rhc_study_from_r.py.
library(survival)
d <- read.csv(commandArgs(TRUE)[1], na.strings = NULL, strip.white = TRUE)
number <- function(name) suppressWarnings(as.numeric(d[[name]]))
t <- as.numeric(d$swang1 == "RHC")
start <- number("sadmdte"); died <- number("dthdte")
y <- as.numeric(!is.na(died) & died - start <= 30)
seen <- pmax(number("lstctdte"), number("dschdte"), start, na.rm = TRUE)
time <- ifelse(is.na(died), seen, died) - start
event <- as.numeric(!is.na(died))

numbers <- c("age", "edu", "surv2md1", "aps1", "scoma1", "temp1", "meanbp1", "hrt1", "resp1", "pafi1",
  "paco21", "ph1", "wblc1", "hema1", "sod1", "pot1", "crea1", "bili1", "alb1", "das2d3pc",
  "cardiohx", "chfhx", "dementhx", "psychhx", "chrpulhx", "renalhx", "liverhx", "gibledhx", "malighx",
  "immunhx", "transhx", "amihx")
X <- sapply(numbers, number)
for (name in c("resp", "card", "neuro", "gastr", "renal", "meta", "hema", "seps", "trauma", "ortho", "dnr1"))
  X <- cbind(X, as.numeric(gsub('"', "", d[[name]]) == "Yes"))
for (name in c("sex", "race", "income", "ninsclas", "cat1", "cat2", "ca"))
  X <- cbind(X, model.matrix(~ factor(d[[name]]))[, -1])
weight <- number("wtkilo1"); unknown <- weight == 0
weight[unknown] <- mean(weight[!unknown])
X <- cbind(X, weight, unknown)
X <- scale(unname(X))
stopifnot(!anyNA(X), ncol(X) == 72)

say <- function(what, ...) cat(sprintf("%-36s", what), sprintf("%.8f", c(...)), "\n")
exact <- list(epsilon = 1e-14, maxit = 100)
wald <- function(b, se) exp(b + c(0, -1, 1) * qnorm(.975) * se)
fit <- glm(y ~ t + X, family = binomial, control = exact)
say("logistic regression", wald(coef(fit)[2], sqrt(vcov(fit)[2, 2])))
cox <- coxph(Surv(time, event) ~ t + X)
say("Cox regression", wald(coef(cox)[1], sqrt(vcov(cox)[1, 1])))

# The weights' sandwich: propensity, arms' means, one set of estimating equations.
e <- fitted(glm(t ~ X, family = binomial, control = exact))
Z <- cbind(1, X)
score <- (t - e) * Z
inverse <- solve(crossprod(Z * (e * (1 - e)), Z))
weighted <- function(what, w, dw) {  # dw: the weight's derivative by the linear predictor
  m1 <- sum(w * t * y) / sum(w * t); m0 <- sum(w * (1 - t) * y) / sum(w * (1 - t))
  part <- function(here, m) {
    slope <- colSums(here * (y - m) * dw * Z)
    (here * w * (y - m) + score %*% (inverse %*% slope)) / sum(here * w)
  }
  i1 <- part(t, m1); i0 <- part(1 - t, m0)
  say(paste(what, "risk difference"), m1 - m0 + c(0, -1, 1) * qnorm(.975) * sqrt(sum((i1 - i0)^2)))
  odds <- qlogis(m1) - qlogis(m0)
  se <- sqrt(sum((i1 / (m1 * (1 - m1)) - i0 / (m0 * (1 - m0)))^2))
  say(paste(what, "odds ratio"), wald(odds, se))
}
weighted("inverse probability weights", ifelse(t == 1, 1 / e, 1 / (1 - e)),
         ifelse(t == 1, -(1 - e) / e, e / (1 - e)))
weighted("ATT weights", ifelse(t == 1, 1, e / (1 - e)), ifelse(t == 1, 0, e / (1 - e)))
weighted("overlap weights", ifelse(t == 1, 1 - e, e), ifelse(t == 1, -1, 1) * e * (1 - e))

# Entropy balancing to all patients' means: the dual of each arm, by Newton's method.
balanced <- function(here) {
  D <- X[here == 1, ]; b <- rep(0, ncol(D))
  for (k in 1:200) {
    w <- as.vector(exp(D %*% b - max(D %*% b))); w <- w / sum(w)
    g <- colSums(w * D); H <- crossprod(D * w, D) - tcrossprod(g)
    if (max(abs(g)) < 1e-13) break
    step <- solve(H, g); b <- b - step * min(1, 2 / max(abs(D %*% step)))
  }
  sum(w * y[here == 1])
}
m1 <- balanced(t); m0 <- balanced(1 - t)
say("entropy balancing", m1 - m0, exp(qlogis(m1) - qlogis(m0)))

one <- glm(y ~ X, binomial, subset = t == 1, control = exact)
q <- plogis(cbind(1, 1, X) %*% coef(fit)); p <- plogis(cbind(1, 0, X) %*% coef(fit))
say("g-computation, one model", mean(q) - mean(p))
q1 <- plogis(Z %*% coef(one))
q0 <- plogis(Z %*% coef(glm(y ~ X, binomial, subset = t == 0, control = exact)))
say("g-computation, a model an arm", mean(q1) - mean(q0))
aipw <- function(what, q1, q0) {
  i1 <- q1 + t * (y - q1) / e; i0 <- q0 + (1 - t) * (y - q0) / (1 - e)
  d <- i1 - i0
  say(what, mean(d) + c(0, -1, 1) * qnorm(.975) * sqrt(mean((d - mean(d))^2) / length(d)))
}
aipw("AIPW, one model", q, p); aipw("AIPW, a model an arm", q1, q0)

fifth <- findInterval(e, quantile(e, 1:4 / 5, type = 7), left.open = TRUE)
share <- table(fifth) / length(e)
d <- tapply(y[t == 1], fifth[t == 1], mean) - tapply(y[t == 0], fifth[t == 0], mean)
say("stratification", sum(share * d))

# By hand, with a caliper of 0.2 pooled standard deviations. MatchIt 4.5.1 takes that of everybody
# (its documents say so), and with a given distance it made pairs beyond its own caliper of 0.287.
logit <- qlogis(e); free <- t == 0
caliper <- 0.2 * sqrt((var(logit[t == 1]) + var(logit[t == 0])) / 2)
treated <- which(t == 1); treated <- treated[order(-logit[treated])]
match <- sapply(treated, function(i) {
  far <- ifelse(free, abs(logit - logit[i]), Inf)
  j <- which.min(far)
  if (far[j] > caliper) return(NA)
  free[j] <<- FALSE
  j
})
kept <- !is.na(match)
say("nearest matching", sum(kept), mean(y[treated[kept]]) - mean(y[match[kept]]))
