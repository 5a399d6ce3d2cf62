"""Sources on confounding, models, missing data and what is not measured."""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "albert1984": (
        "Albert A, Anderson JA. On the existence of maximum likelihood estimates in logistic "
        "regression models. Biometrika. 1984;71(1):1-10."
    ),
    "altman2003": (
        "Altman DG, Bland JM. Interaction revisited: the difference between two estimates. BMJ. "
        "2003;326(7382):219."
    ),
    "austin2009": (
        "Austin PC. Balance diagnostics for comparing the distribution of baseline covariates "
        "between treatment groups in propensity-score matched samples. Stat Med. "
        "2009;28(25):3083-3107."
    ),
    "austin2011": (
        "Austin PC. Optimal caliper widths for propensity-score matching when estimating "
        "differences in means and differences in proportions in observational studies. Pharm "
        "Stat. 2011;10(2):150-161."
    ),
    "austin2015": (
        "Austin PC, Stuart EA. Moving towards best practice when using inverse probability of "
        "treatment weighting (IPTW) using the propensity score to estimate causal treatment "
        "effects in observational studies. Stat Med. 2015;34(28):3661-3679."
    ),
    "bang2005": (
        "Bang H, Robins JM. Doubly robust estimation in missing data and causal inference models."
        " Biometrics. 2005;61(4):962-973."
    ),
    "cornfield1956": (
        "Cornfield J. A statistical problem arising from retrospective studies. In: Proceedings of "
        "the Third Berkeley Symposium on Mathematical Statistics and Probability. Vol 4. "
        "University of California Press; 1956:135-148."
    ),
    "crump2009": (
        "Crump RK, Hotz VJ, Imbens GW, Mitnik OA. Dealing with limited overlap in estimation of "
        "average treatment effects. Biometrika. 2009;96(1):187-199."
    ),
    "ding2016": (
        "Ding P, VanderWeele TJ. Sensitivity analysis without assumptions. Epidemiology. "
        "2016;27(3):368-377."
    ),
    "firth1993": (
        "Firth D. Bias reduction of maximum likelihood estimates. Biometrika. 1993;80(1):27-38."
    ),
    "friedman2010": (
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models "
        "via coordinate descent. J Stat Softw. 2010;33(1):1-22."
    ),
    "greenland2016": (
        "Greenland S, Mansournia MA, Altman DG. Sparse data bias: a problem hiding in plain "
        "sight. BMJ. 2016;352:i1981."
    ),
    "hainmueller2012": (
        "Hainmueller J. Entropy balancing for causal effects: a multivariate reweighting method "
        "to produce balanced samples in observational studies. Polit Anal. 2012;20(1):25-46."
    ),
    "heinze2002": (
        "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. "
        "Stat Med. 2002;21(16):2409-2419."
    ),
    "hintermueller2002": (
        "Hintermüller M, Ito K, Kunisch K. The primal-dual active set strategy as a semismooth "
        "Newton method. SIAM J Optim. 2002;13(3):865-888."
    ),
    "hosmer2013": (
        "Hosmer DW, Lemeshow S, Sturdivant RX. Applied Logistic Regression. 3rd ed. Hoboken: "
        "Wiley; 2013."
    ),
    "kish1965": ("Kish L. Survey Sampling. New York: Wiley; 1965."),
    "konis2007": (
        "Konis K. Linear programming algorithms for detecting separated data in binary logistic "
        "regression models. DPhil thesis, University of Oxford; 2007."
    ),
    "li2018": (
        "Li F, Morgan KL, Zaslavsky AM. Balancing covariates via propensity score weighting. "
        "J Am Stat Assoc. 2018;113(521):390-400."
    ),
    "liang1986": (
        "Liang KY, Zeger SL. Longitudinal data analysis using generalized linear models. "
        "Biometrika. 1986;73(1):13-22."
    ),
    "lin1998": (
        "Lin DY, Psaty BM, Kronmal RA. Assessing the sensitivity of regression results to "
        "unmeasured confounders in observational studies. Biometrics. 1998;54(3):948-963."
    ),
    "lunceford2004": (
        "Lunceford JK, Davidian M. Stratification and weighting via the propensity score in "
        "estimation of causal treatment effects: a comparative study. Stat Med. "
        "2004;23(19):2937-2960."
    ),
    "manski1990": (
        "Manski CF. Nonparametric bounds on treatment effects. Am Econ Rev. 1990;80(2):319-323."
    ),
    "mehta1995": (
        "Mehta CR, Patel NR. Exact logistic regression: theory and examples. Stat Med. "
        "1995;14(19):2143-2160."
    ),
    "ray2003": (
        "Ray WA. Evaluating medication effects outside of clinical trials: new-user designs. "
        "Am J Epidemiol. 2003;158(9):915-920."
    ),
    "robins1994": (
        "Robins JM, Rotnitzky A, Zhao LP. Estimation of regression coefficients when some "
        "regressors are not always observed. J Am Stat Assoc. 1994;89(427):846-866."
    ),
    "robins2000": (
        "Robins JM, Hernán MA, Brumback B. Marginal structural models and causal inference in "
        "epidemiology. Epidemiology. 2000;11(5):550-560."
    ),
    "rosenbaum1983": (
        "Rosenbaum PR, Rubin DB. The central role of the propensity score in observational "
        "studies for causal effects. Biometrika. 1983;70(1):41-55."
    ),
    "rosenbaum1984": (
        "Rosenbaum PR. The consequences of adjustment for a concomitant variable that has "
        "been affected by the treatment. J R Stat Soc Ser A. 1984;147(5):656-666."
    ),
    "rosenbaum1987": (
        "Rosenbaum PR. Model-based direct adjustment. J Am Stat Assoc. 1987;82(398):387-394."
    ),
    "rosenbaum1989": (
        "Rosenbaum PR. Optimal matching for observational studies. J Am Stat Assoc. "
        "1989;84(408):1024-1032."
    ),
    "rubin1987": (
        "Rubin DB. Multiple Imputation for Nonresponse in Surveys. New York: Wiley; 1987."
    ),
    "schlesselman1978": (
        "Schlesselman JJ. Assessing effects of confounding variables. Am J Epidemiol. "
        "1978;108(1):3-8."
    ),
    "schuemie2014": (
        "Schuemie MJ, Ryan PB, DuMouchel W, Suchard MA, Madigan D. Interpreting observational "
        "studies: why empirical calibration is needed to correct p-values. Stat Med. "
        "2014;33(2):209-218."
    ),
    "schuemie2018": (
        "Schuemie MJ, Hripcsak G, Ryan PB, Madigan D, Suchard MA. Empirical confidence interval "
        "calibration for population-level effect estimation studies in observational healthcare "
        "data. Proc Natl Acad Sci U S A. 2018;115(11):2571-2577."
    ),
    "snowden2011": (
        "Snowden JM, Rose S, Mortimer KM. Implementation of G-computation on a simulated data "
        "set: demonstration of a causal inference technique. Am J Epidemiol. 2011;173(7):731-738."
    ),
    "stefanski2002": (
        "Stefanski LA, Boos DD. The calculus of M-estimation. Am Stat. 2002;56(1):29-38."
    ),
    "sterne2009": (
        "Sterne JAC, White IR, Carlin JB, et al. Multiple imputation for missing data in "
        "epidemiological and clinical research: potential and pitfalls. BMJ. 2009;338:b2393."
    ),
    "tian2018": (
        "Tian Y, Schuemie MJ, Suchard MA. Evaluating large-scale propensity score performance "
        "through real-world and synthetic data experiments. Int J Epidemiol. "
        "2018;47(6):2005-2014."
    ),
    "tibshirani1996": (
        "Tibshirani R. Regression shrinkage and selection via the lasso. J R Stat Soc Series B. "
        "1996;58(1):267-288."
    ),
    "vanderweele2017": (
        "VanderWeele TJ, Ding P. Sensitivity analysis in observational research: introducing "
        "the E-value. Ann Intern Med. 2017;167(4):268-274."
    ),
    "vittinghoff2007": (
        "Vittinghoff E, McCulloch CE. Relaxing the rule of ten events per variable in logistic "
        "and Cox regression. Am J Epidemiol. 2007;165(6):710-718."
    ),
    "white2011": (
        "White IR, Royston P, Wood AM. Multiple imputation using chained equations: issues "
        "and guidance for practice. Stat Med. 2011;30(4):377-399."
    ),
    "yang2012": (
        "Yang D, Dalton JE. A unified approach to measuring the effect size between two groups "
        "using SAS. SAS Global Forum 2012; paper 335-2012."
    ),
}
