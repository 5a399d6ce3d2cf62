"""The one registry of sources: docstrings name a key, the report's methods text prints it.

A key is ``author`` + ``year`` in lower case (``fisher1935``). Docstrings cite it as
``[fisher1935]``; a test fails when a docstring names a key that is not here, and when an
entry here is cited nowhere.
"""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "aalen1978": (
        "Aalen OO, Johansen S. An empirical transition matrix for non-homogeneous Markov chains "
        "based on censored observations. Scand J Stat. 1978;5(3):141-150."
    ),
    "agresti2001": (
        "Agresti A, Min Y. On small-sample confidence intervals for parameters in discrete "
        "distributions. Biometrics. 2001;57(3):963-971."
    ),
    "ahmed2016": (
        "Ahmed W, Fowler RA, McCredie VA. Does sample size matter when interpreting the fragility "
        "index? Crit Care Med. 2016;44(11):e1142-e1143."
    ),
    "albert1984": (
        "Albert A, Anderson JA. On the existence of maximum likelihood estimates in logistic "
        "regression models. Biometrika. 1984;71(1):1-10."
    ),
    "altman1998": (
        "Altman DG. Confidence intervals for the number needed to treat. BMJ. "
        "1998;317(7168):1309-1312."
    ),
    "altman2003": (
        "Altman DG, Bland JM. Interaction revisited: the difference between two estimates. BMJ. "
        "2003;326(7382):219."
    ),
    "anaya2016": (
        "Anaya J. The GRIMMER test: a method for testing the validity of reported measures of "
        "variability. PeerJ Prepr. 2016;4:e2400v1."
    ),
    "andersen2003": (
        "Andersen PK, Klein JP, Rosthøj S. Generalised linear models for correlated pseudo- "
        "observations, with applications to multi-state models. Biometrika. 2003;90(1):15-27."
    ),
    "anderson1983": (
        "Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. J Clin Oncol. "
        "1983;1(11):710-719."
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
    "austin2016": (
        "Austin PC, Lee DS, Fine JP. Introduction to the analysis of survival data in the "
        "presence of competing risks. Circulation. 2016;133(6):601-609."
    ),
    "bang2005": (
        "Bang H, Robins JM. Doubly robust estimation in missing data and causal inference models."
        " Biometrics. 2005;61(4):962-973."
    ),
    "baptista1977": (
        "Baptista J, Pike MC. Exact two-sided confidence limits for the odds ratio in a 2 x 2 "
        "table. J R Stat Soc Ser C Appl Stat. 1977;26(2):214-220."
    ),
    "barnard1947": (
        "Barnard GA. Significance tests for 2 x 2 tables. Biometrika. 1947;34(1-2):123-138."
    ),
    "bauer1972": (
        "Bauer DF. Constructing confidence sets using rank statistics. J Am Stat Assoc. "
        "1972;67(339):687-690."
    ),
    "bebu2016": (
        "Bebu I, Lachin JM. Large sample inference for a win ratio analysis of a composite outcome "
        "based on prioritized components. Biostatistics. 2016;17(1):178-187."
    ),
    "benchimol2015": (
        "Benchimol EI, Smeeth L, Guttmann A, et al. The REporting of studies Conducted using "
        "Observational Routinely-collected health Data (RECORD) statement. PLoS Med. "
        "2015;12(10):e1001885."
    ),
    "berger1994": (
        "Berger RL, Boos DD. P values maximized over a confidence set for the nuisance parameter. "
        "J Am Stat Assoc. 1994;89(427):1012-1016."
    ),
    "blaker2000": (
        "Blaker H. Confidence curves and improved exact confidence intervals for discrete "
        "distributions. Can J Stat. 2000;28(4):783-798."
    ),
    "borgan1990": (
        "Borgan Ø, Liestøl K. A note on confidence intervals and bands for the survival function "
        "based on transformations. Scand J Stat. 1990;17(1):35-41."
    ),
    "boschloo1970": (
        "Boschloo RD. Raised conditional level of significance for the 2 x 2-table when testing "
        "the equality of two probabilities. Stat Neerl. 1970;24(1):1-9."
    ),
    "brennan1981": (
        "Brennan RL, Prediger DJ. Coefficient kappa: some uses, misuses, and alternatives. Educ "
        "Psychol Meas. 1981;41(3):687-699."
    ),
    "brookmeyer1982": (
        "Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics. "
        "1982;38(1):29-41."
    ),
    "brown2017": (
        "Brown NJL, Heathers JAJ. The GRIM test: a simple technique detects numerous anomalies in "
        "the reporting of results in psychology. Soc Psychol Personal Sci. 2017;8(4):363-369."
    ),
    "brunner2000": (
        "Brunner E, Munzel U. The nonparametric Behrens-Fisher problem: asymptotic theory and a "
        "small-sample approximation. Biom J. 2000;42(1):17-25."
    ),
    "brunner2021": (
        "Brunner E, Vandemeulebroecke M, Mütze T. Win odds: an adaptation of the win ratio to "
        "include ties. Stat Med. 2021;40(14):3367-3384."
    ),
    "byrt1993": (
        "Byrt T, Bishop J, Carlin JB. Bias, prevalence and kappa. J Clin Epidemiol. "
        "1993;46(5):423-429."
    ),
    "cain2010": (
        "Cain LE, Robins JM, Lanoy E, Logan R, Costagliola D, Hernán MA. When to start treatment? "
        "A systematic approach to the comparison of dynamic regimes using observational data. "
        "Int J Biostat. 2010;6(2):Article 18."
    ),
    "campbell2007": (
        "Campbell I. Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample "
        "recommendations. Stat Med. 2007;26(19):3661-3675."
    ),
    "cashin2025": (
        "Cashin AG, Hansford HJ, Hernán MA, et al. Transparent reporting of observational studies "
        "emulating a target trial: the TARGET statement. JAMA. 2025. doi:10.1001/jama.2025.13350."
    ),
    "chan1999": (
        "Chan ISF, Zhang Z. Test-based exact confidence intervals for the difference of two "
        "binomial proportions. Biometrics. 1999;55(4):1202-1209."
    ),
    "chapman2001": (
        "Chapman WW, Bridewell W, Hanbury P, Cooper GF, Buchanan BG. A simple algorithm for "
        "identifying negated findings and diseases in discharge summaries. J Biomed Inform. "
        "2001;34(5):301-310."
    ),
    "choudhury2002": (
        "Choudhury JB. Non-parametric confidence interval estimation for competing risks analysis: "
        "application to contraceptive data. Stat Med. 2002;21(8):1129-1144."
    ),
    "clopper1934": (
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case "
        "of the binomial. Biometrika. 1934;26(4):404-413."
    ),
    "cochran1954": (
        "Cochran WG. The combination of estimates from different experiments. Biometrics. "
        "1954;10(1):101-129."
    ),
    "cohen1960": (
        "Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas. "
        "1960;20(1):37-46."
    ),
    "cohen1968": (
        "Cohen J. Weighted kappa: nominal scale agreement with provision for scaled "
        "disagreement or partial credit. Psychol Bull. 1968;70(4):213-220."
    ),
    "cole2004": (
        "Cole SR, Hernán MA. Adjusted survival curves with inverse probability weights. Comput "
        "Methods Programs Biomed. 2004;75(1):45-49."
    ),
    "cornfield1956": (
        "Cornfield J. A statistical problem arising from retrospective studies. In: Proceedings of "
        "the Third Berkeley Symposium on Mathematical Statistics and Probability. Vol 4. "
        "University of California Press; 1956:135-148."
    ),
    "cox1972": (
        "Cox DR. Regression models and life-tables. J R Stat Soc Ser B. 1972;34(2):187-220."
    ),
    "crowley1977": (
        "Crowley J, Hu M. Covariance analysis of heart transplant survival data. J Am Stat Assoc. "
        "1977;72(357):27-36."
    ),
    "crump2009": (
        "Crump RK, Hotz VJ, Imbens GW, Mitnik OA. Dealing with limited overlap in estimation of "
        "average treatment effects. Biometrika. 2009;96(1):187-199."
    ),
    "ding2016": (
        "Ding P, VanderWeele TJ. Sensitivity analysis without assumptions. Epidemiology. "
        "2016;27(3):368-377."
    ),
    "efron1977": (
        "Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc. "
        "1977;72(359):557-565."
    ),
    "efron1993": (
        "Efron B, Tibshirani RJ. An Introduction to the Bootstrap. New York: Chapman and Hall; "
        "1993."
    ),
    "fay2010": (
        "Fay MP. Confidence intervals that match Fisher's exact or Blaker's exact tests. "
        "Biostatistics. 2010;11(2):373-374."
    ),
    "fay2013": (
        "Fay MP, Brittain EH, Proschan MA. Pointwise confidence intervals for a survival "
        "distribution with small samples or heavy censoring. Biostatistics. 2013;14(4):723-736."
    ),
    "feinstein1990": (
        "Feinstein AR, Cicchetti DV. High agreement but low kappa: I. The problems of two "
        "paradoxes. J Clin Epidemiol. 1990;43(6):543-549."
    ),
    "fine1999": (
        "Fine JP, Gray RJ. A proportional hazards model for the subdistribution of a "
        "competing risk. J Am Stat Assoc. 1999;94(446):496-509."
    ),
    "finkelstein1999": (
        "Finkelstein DM, Schoenfeld DA. Combining mortality and longitudinal measures in clinical "
        "trials. Stat Med. 1999;18(11):1341-1354."
    ),
    "firth1993": (
        "Firth D. Bias reduction of maximum likelihood estimates. Biometrika. 1993;80(1):27-38."
    ),
    "fisher1935": ("Fisher RA. The logic of inductive inference. J R Stat Soc. 1935;98(1):39-82."),
    "fleiss1969": (
        "Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and weighted "
        "kappa. Psychol Bull. 1969;72(5):323-327."
    ),
    "fleiss1971": (
        "Fleiss JL. Measuring nominal scale agreement among many raters. Psychol Bull. "
        "1971;76(5):378-382."
    ),
    "fleming1991": (
        "Fleming TR, Harrington DP. Counting Processes and Survival Analysis. New York: Wiley; "
        "1991."
    ),
    "freeman1951": (
        "Freeman GH, Halton JH. Note on an exact treatment of contingency, goodness of fit and "
        "other problems of significance. Biometrika. 1951;38(1-2):141-149."
    ),
    "gail1972": (
        "Gail MH. Does cardiac transplantation prolong life? A reassessment. Ann Intern Med. "
        "1972;76(5):815-817."
    ),
    "garwood1936": (
        "Garwood F. Fiducial limits for the Poisson distribution. Biometrika. 1936;28(3-4):437-442."
    ),
    "friedman2010": (
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models "
        "via coordinate descent. J Stat Softw. 2010;33(1):1-22."
    ),
    "gehan1965": (
        "Gehan EA. A generalized Wilcoxon test for comparing arbitrarily singly-censored samples. "
        "Biometrika. 1965;52(1-2):203-223."
    ),
    "ghosh2000": (
        "Ghosh D, Lin DY. Nonparametric analysis of recurrent events and death. Biometrics. "
        "2000;56(2):554-562."
    ),
    "gilbert1996": (
        "Gilbert EH, Lowenstein SR, Koziol-McLain J, Barta DC, Steiner J. Chart reviews in "
        "emergency medicine research: where are the methods? Ann Emerg Med. 1996;27(3):305-308."
    ),
    "grambsch1994": (
        "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted "
        "residuals. Biometrika. 1994;81(3):515-526."
    ),
    "gray1988": (
        "Gray RJ. A class of K-sample tests for comparing the cumulative incidence of a competing "
        "risk. Ann Stat. 1988;16(3):1141-1154."
    ),
    "greenland2016": (
        "Greenland S, Mansournia MA, Altman DG. Sparse data bias: a problem hiding in plain "
        "sight. BMJ. 2016;352:i1981."
    ),
    "gwet2008": (
        "Gwet KL. Computing inter-rater reliability and its variance in the presence of high "
        "agreement. Br J Math Stat Psychol. 2008;61(1):29-48."
    ),
    "hahn1991": (
        "Hahn GJ, Meeker WQ. Statistical Intervals: A Guide for Practitioners. New York: Wiley; "
        "1991."
    ),
    "hainmueller2012": (
        "Hainmueller J. Entropy balancing for causal effects: a multivariate reweighting method "
        "to produce balanced samples in observational studies. Polit Anal. 2012;20(1):25-46."
    ),
    "harkema2009": (
        "Harkema H, Dowling JN, Thornblade T, Chapman WW. ConText: an algorithm for determining "
        "negation, experiencer, and temporal status from clinical reports. J Biomed Inform. "
        "2009;42(5):839-851."
    ),
    "heinze2001": (
        "Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression. "
        "Biometrics. 2001;57(1):114-119."
    ),
    "heinze2002": (
        "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. "
        "Stat Med. 2002;21(16):2409-2419."
    ),
    "hernan2016": (
        "Hernán MA, Robins JM. Using big data to emulate a target trial when a randomized "
        "trial is not available. Am J Epidemiol. 2016;183(8):758-764."
    ),
    "hernan2018": (
        "Hernán MA. How to estimate the effect of treatment duration on survival outcomes using "
        "observational data. BMJ. 2018;360:k182."
    ),
    "hintermueller2002": (
        "Hintermüller M, Ito K, Kunisch K. The primal-dual active set strategy as a semismooth "
        "Newton method. SIAM J Optim. 2002;13(3):865-888."
    ),
    "hochberg1988": (
        "Hochberg Y. A sharper Bonferroni procedure for multiple tests of significance. "
        "Biometrika. 1988;75(4):800-802."
    ),
    "hodges1963": (
        "Hodges JL, Lehmann EL. Estimates of location based on rank tests. Ann Math Stat. "
        "1963;34(2):598-611."
    ),
    "holm1979": (
        "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat. "
        "1979;6(2):65-70."
    ),
    "hosmer2013": (
        "Hosmer DW, Lemeshow S, Sturdivant RX. Applied Logistic Regression. 3rd ed. Hoboken: "
        "Wiley; 2013."
    ),
    "hyndman1996": (
        "Hyndman RJ, Fan Y. Sample quantiles in statistical packages. Am Stat. 1996;50(4):361-365."
    ),
    "kaplan1958": (
        "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. J Am Stat "
        "Assoc. 1958;53(282):457-481."
    ),
    "kish1965": ("Kish L. Survey Sampling. New York: Wiley; 1965."),
    "konis2007": (
        "Konis K. Linear programming algorithms for detecting separated data in binary logistic "
        "regression models. DPhil thesis, University of Oxford; 2007."
    ),
    "koopman1984": (
        "Koopman PAR. Confidence intervals for the ratio of two binomial proportions. Biometrics. "
        "1984;40(2):513-517."
    ),
    "krippendorff2011": (
        "Krippendorff K. Computing Krippendorff's alpha-reliability. Philadelphia: Annenberg "
        "School for Communication, University of Pennsylvania; 2011."
    ),
    "kruskal1952": (
        "Kruskal WH, Wallis WA. Use of ranks in one-criterion variance analysis. J Am Stat Assoc. "
        "1952;47(260):583-621."
    ),
    "lancaster1961": (
        "Lancaster HO. Significance tests in discrete distributions. J Am Stat Assoc. "
        "1961;56(294):223-234."
    ),
    "lawless1995": (
        "Lawless JF, Nadeau C. Some simple robust methods for the analysis of recurrent events. "
        "Technometrics. 1995;37(2):158-168."
    ),
    "lehmann1953": ("Lehmann EL. The power of rank tests. Ann Math Stat. 1953;24(1):23-43."),
    "li2018": (
        "Li F, Morgan KL, Zaslavsky AM. Balancing covariates via propensity score weighting. "
        "J Am Stat Assoc. 2018;113(521):390-400."
    ),
    "liang1986": (
        "Liang KY, Zeger SL. Longitudinal data analysis using generalized linear models. "
        "Biometrika. 1986;73(1):13-22."
    ),
    "lin1989": (
        "Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. J Am Stat "
        "Assoc. 1989;84(408):1074-1078."
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
    "mann1947": (
        "Mann HB, Whitney DR. On a test of whether one of two random variables is stochastically "
        "larger than the other. Ann Math Stat. 1947;18(1):50-60."
    ),
    "manski1990": (
        "Manski CF. Nonparametric bounds on treatment effects. Am Econ Rev. 1990;80(2):319-323."
    ),
    "mantel1959": (
        "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective "
        "studies of disease. J Natl Cancer Inst. 1959;22(4):719-748."
    ),
    "mantel1966": (
        "Mantel N. Evaluation of survival data and two new rank order statistics arising in its "
        "consideration. Cancer Chemother Rep. 1966;50(3):163-170."
    ),
    "mantel1974": (
        "Mantel N, Byar DP. Evaluation of response-time data involving transient states: an "
        "illustration using heart-transplant data. J Am Stat Assoc. 1974;69(345):81-86."
    ),
    "maringe2020": (
        "Maringe C, Benitez Majano S, Exarchakou A, et al. Reflection on modern methods: trial "
        "emulation in the presence of immortal-time bias. Int J Epidemiol. 2020;49(5):1719-1729."
    ),
    "mehta1983": (
        "Mehta CR, Patel NR. A network algorithm for performing Fisher's exact test in r x c "
        "contingency tables. J Am Stat Assoc. 1983;78(382):427-434."
    ),
    "mehta1985": (
        "Mehta CR, Patel NR, Gray R. Computing an exact confidence interval for the common odds "
        "ratio in several 2 x 2 contingency tables. J Am Stat Assoc. 1985;80(392):969-973."
    ),
    "mehta1995": (
        "Mehta CR, Patel NR. Exact logistic regression: theory and examples. Stat Med. "
        "1995;14(19):2143-2160."
    ),
    "miettinen1985": (
        "Miettinen O, Nurminen M. Comparative analysis of two rates. Stat Med. 1985;4(2):213-226."
    ),
    "neubert2007": (
        "Neubert K, Brunner E. A studentized permutation test for the non-parametric "
        "Behrens-Fisher problem. Comput Stat Data Anal. 2007;51(10):5192-5204."
    ),
    "newcombe1998": (
        "Newcombe RG. Interval estimation for the difference between independent proportions: "
        "comparison of eleven methods. Stat Med. 1998;17(8):873-890."
    ),
    "pearson1900": (
        "Pearson K. On the criterion that a given system of deviations from the probable in the "
        "case of a correlated system of variables is such that it can be reasonably supposed to "
        "have arisen from random sampling. Philos Mag. 1900;50(302):157-175."
    ),
    "peto1972": (
        "Peto R, Peto J. Asymptotically efficient rank invariant test procedures. J R Stat Soc Ser "
        "A. 1972;135(2):185-207."
    ),
    "phipson2010": (
        "Phipson B, Smyth GK. Permutation P-values should never be zero: calculating exact "
        "P-values when permutations are randomly drawn. Stat Appl Genet Mol Biol. 2010;9(1):39."
    ),
    "pitman1937": (
        "Pitman EJG. Significance tests which may be applied to samples from any populations. "
        "Suppl J R Stat Soc. 1937;4(1):119-130."
    ),
    "pocock2012": (
        "Pocock SJ, Ariti CA, Collier TJ, Wang D. The win ratio: a new approach to the "
        "analysis of composite endpoints in clinical trials based on clinical priorities. Eur "
        "Heart J. 2012;33(2):176-182."
    ),
    "prentice1979": (
        "Prentice RL, Marek P. A qualitative discrepancy between censored data rank tests. "
        "Biometrics. 1979;35(4):861-867."
    ),
    "przyborowski1940": (
        "Przyborowski J, Wilenski H. Homogeneity of results in testing samples from Poisson "
        "series: with an application to testing clover seed for dodder. Biometrika. "
        "1940;31(3-4):313-323."
    ),
    "ray2003": (
        "Ray WA. Evaluating medication effects outside of clinical trials: new-user designs. "
        "Am J Epidemiol. 2003;158(9):915-920."
    ),
    "robins1986": (
        "Robins J, Breslow N, Greenland S. Estimators of the Mantel-Haenszel variance consistent "
        "in both sparse data and large-strata limiting models. Biometrics. 1986;42(2):311-323."
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
    "royston2013": (
        "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio "
        "for the design and analysis of randomized trials with a time-to-event outcome. BMC Med "
        "Res Methodol. 2013;13:152."
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
    "shrout1979": (
        "Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. "
        "Psychol Bull. 1979;86(2):420-428."
    ),
    "shu2021": (
        "Shu D, Young JG, Toh S, Wang R. Variance estimation in inverse probability weighted "
        "Cox models. Biometrics. 2021;77(3):1101-1117."
    ),
    "snowden2011": (
        "Snowden JM, Rose S, Mortimer KM. Implementation of G-computation on a simulated data "
        "set: demonstration of a causal inference technique. Am J Epidemiol. 2011;173(7):731-738."
    ),
    "spiegelhalter1994": (
        "Spiegelhalter DJ, Freedman LS, Parmar MKB. Bayesian approaches to randomized trials. J R "
        "Stat Soc Ser A. 1994;157(3):357-416."
    ),
    "stefanski2002": (
        "Stefanski LA, Boos DD. The calculus of M-estimation. Am Stat. 2002;56(1):29-38."
    ),
    "sterne2009": (
        "Sterne JAC, White IR, Carlin JB, et al. Multiple imputation for missing data in "
        "epidemiological and clinical research: potential and pitfalls. BMJ. 2009;338:b2393."
    ),
    "streitberg1986": (
        "Streitberg B, Röhmel J. Exact distributions for permutation and rank tests: an "
        "introduction to some recently published algorithms. Stat Softw Newsl. 1986;12(1):10-17."
    ),
    "suissa1985": (
        "Suissa S, Shuster JJ. Exact unconditional sample sizes for the 2 x 2 binomial trial. J R "
        "Stat Soc Ser A. 1985;148(4):317-327."
    ),
    "suissa2008": (
        "Suissa S. Immortal time bias in pharmacoepidemiology. Am J Epidemiol. 2008;167(4):492-499."
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
    "tukey1977": ("Tukey JW. Exploratory Data Analysis. Reading, MA: Addison-Wesley; 1977."),
    "vanderweele2017": (
        "VanderWeele TJ, Ding P. Sensitivity analysis in observational research: introducing "
        "the E-value. Ann Intern Med. 2017;167(4):268-274."
    ),
    "vanelteren1960": (
        "van Elteren P. On the combination of independent two-sample tests of Wilcoxon. Bull Int "
        "Stat Inst. 1960;37:351-361."
    ),
    "vassar2013": (
        "Vassar M, Holzmann M. The retrospective chart review: important methodological "
        "considerations. J Educ Eval Health Prof. 2013;10:12."
    ),
    "vittinghoff2007": (
        "Vittinghoff E, McCulloch CE. Relaxing the rule of ten events per variable in logistic "
        "and Cox regression. Am J Epidemiol. 2007;165(6):710-718."
    ),
    "vonelm2007": (
        "von Elm E, Altman DG, Egger M, et al. The Strengthening the Reporting of Observational "
        "Studies in Epidemiology (STROBE) statement: guidelines for reporting observational "
        "studies. Lancet. 2007;370(9596):1453-1457."
    ),
    "walsh2014": (
        "Walsh M, Srinathan SK, McAuley DF, et al. The statistical significance of randomized "
        "controlled trial results is frequently fragile: a case for a fragility index. J Clin "
        "Epidemiol. 2014;67(6):622-628."
    ),
    "wang2018": (
        "Wang J. A simple, doubly robust, efficient estimator for survival functions using "
        "pseudo observations. Pharm Stat. 2018;17(1):38-48."
    ),
    "welch1947": (
        "Welch BL. The generalization of 'Student's' problem when several different population "
        "variances are involved. Biometrika. 1947;34(1-2):28-35."
    ),
    "westfall1993": (
        "Westfall PH, Young SS. Resampling-Based Multiple Testing: Examples and Methods for "
        "p-Value Adjustment. New York: Wiley; 1993."
    ),
    "white2009": (
        "White IR, Royston P. Imputing missing covariate values for the Cox model. Stat Med. "
        "2009;28(15):1982-1998."
    ),
    "white2011": (
        "White IR, Royston P, Wood AM. Multiple imputation using chained equations: issues "
        "and guidance for practice. Stat Med. 2011;30(4):377-399."
    ),
    "wilcoxon1945": (
        "Wilcoxon F. Individual comparisons by ranking methods. Biometrics Bull. 1945;1(6):80-83."
    ),
    "wilks1938": (
        "Wilks SS. The large-sample distribution of the likelihood ratio for testing composite "
        "hypotheses. Ann Math Stat. 1938;9(1):60-62."
    ),
    "wilson1927": (
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am "
        "Stat Assoc. 1927;22(158):209-212."
    ),
    "worster2005": (
        "Worster A, Bledsoe RD, Cleve P, Fernandes CM, Upadhye S, Eva K. Reassessing the "
        "methods of medical record review studies in emergency medicine research. Ann Emerg "
        "Med. 2005;45(4):448-451."
    ),
    "xie2005": (
        "Xie J, Liu C. Adjusted Kaplan-Meier estimator and log-rank test with inverse "
        "probability of treatment weighting for survival data. Stat Med. 2005;24(20):3089-3110."
    ),
    "yang2012": (
        "Yang D, Dalton JE. A unified approach to measuring the effect size between two groups "
        "using SAS. SAS Global Forum 2012; paper 335-2012."
    ),
    "yates1934": (
        "Yates F. Contingency tables involving small numbers and the chi-square test. Suppl J R "
        "Stat Soc. 1934;1(2):217-235."
    ),
    "zapf2016": (
        "Zapf A, Castell S, Morawietz L, Karch A. Measuring inter-rater reliability for nominal "
        "data - which coefficients and confidence intervals are appropriate? BMC Med Res "
        "Methodol. 2016;16:93."
    ),
    "zelen1971": (
        "Zelen M. The analysis of several 2 x 2 contingency tables. Biometrika. 1971;58(1):129-137."
    ),
}


def cite(key: str) -> str:
    """The full reference for ``key``; ``KeyError`` when the registry does not have it."""
    return CITATIONS[key]
