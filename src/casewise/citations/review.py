"""Sources on reading charts, agreement, and what reports and results have to hold."""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "ahmed2016": (
        "Ahmed W, Fowler RA, McCredie VA. Does sample size matter when interpreting the fragility "
        "index? Crit Care Med. 2016;44(11):e1142-e1143."
    ),
    "anaya2016": (
        "Anaya J. The GRIMMER test: a method for testing the validity of reported measures of "
        "variability. PeerJ Prepr. 2016;4:e2400v1."
    ),
    "benchimol2015": (
        "Benchimol EI, Smeeth L, Guttmann A, et al. The REporting of studies Conducted using "
        "Observational Routinely-collected health Data (RECORD) statement. PLoS Med. "
        "2015;12(10):e1001885."
    ),
    "brennan1981": (
        "Brennan RL, Prediger DJ. Coefficient kappa: some uses, misuses, and alternatives. Educ "
        "Psychol Meas. 1981;41(3):687-699."
    ),
    "brown2017": (
        "Brown NJL, Heathers JAJ. The GRIM test: a simple technique detects numerous anomalies in "
        "the reporting of results in psychology. Soc Psychol Personal Sci. 2017;8(4):363-369."
    ),
    "byrt1993": (
        "Byrt T, Bishop J, Carlin JB. Bias, prevalence and kappa. J Clin Epidemiol. "
        "1993;46(5):423-429."
    ),
    "cashin2025": (
        "Cashin AG, Hansford HJ, Hernán MA, et al. Transparent reporting of observational studies "
        "emulating a target trial: the TARGET statement. JAMA. 2025. doi:10.1001/jama.2025.13350."
    ),
    "chapman2001": (
        "Chapman WW, Bridewell W, Hanbury P, Cooper GF, Buchanan BG. A simple algorithm for "
        "identifying negated findings and diseases in discharge summaries. J Biomed Inform. "
        "2001;34(5):301-310."
    ),
    "cohen1960": (
        "Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas. "
        "1960;20(1):37-46."
    ),
    "cohen1968": (
        "Cohen J. Weighted kappa: nominal scale agreement with provision for scaled "
        "disagreement or partial credit. Psychol Bull. 1968;70(4):213-220."
    ),
    "feinstein1990": (
        "Feinstein AR, Cicchetti DV. High agreement but low kappa: I. The problems of two "
        "paradoxes. J Clin Epidemiol. 1990;43(6):543-549."
    ),
    "fleiss1969": (
        "Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and weighted "
        "kappa. Psychol Bull. 1969;72(5):323-327."
    ),
    "fleiss1971": (
        "Fleiss JL. Measuring nominal scale agreement among many raters. Psychol Bull. "
        "1971;76(5):378-382."
    ),
    "gilbert1996": (
        "Gilbert EH, Lowenstein SR, Koziol-McLain J, Barta DC, Steiner J. Chart reviews in "
        "emergency medicine research: where are the methods? Ann Emerg Med. 1996;27(3):305-308."
    ),
    "gwet2008": (
        "Gwet KL. Computing inter-rater reliability and its variance in the presence of high "
        "agreement. Br J Math Stat Psychol. 2008;61(1):29-48."
    ),
    "hahn1991": (
        "Hahn GJ, Meeker WQ. Statistical Intervals: A Guide for Practitioners. New York: Wiley; "
        "1991."
    ),
    "harkema2009": (
        "Harkema H, Dowling JN, Thornblade T, Chapman WW. ConText: an algorithm for determining "
        "negation, experiencer, and temporal status from clinical reports. J Biomed Inform. "
        "2009;42(5):839-851."
    ),
    "krippendorff2011": (
        "Krippendorff K. Computing Krippendorff's alpha-reliability. Philadelphia: Annenberg "
        "School for Communication, University of Pennsylvania; 2011."
    ),
    "shrout1979": (
        "Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. "
        "Psychol Bull. 1979;86(2):420-428."
    ),
    "vassar2013": (
        "Vassar M, Holzmann M. The retrospective chart review: important methodological "
        "considerations. J Educ Eval Health Prof. 2013;10:12."
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
    "worster2005": (
        "Worster A, Bledsoe RD, Cleve P, Fernandes CM, Upadhye S, Eva K. Reassessing the "
        "methods of medical record review studies in emergency medicine research. Ann Emerg "
        "Med. 2005;45(4):448-451."
    ),
    "zapf2016": (
        "Zapf A, Castell S, Morawietz L, Karch A. Measuring inter-rater reliability for nominal "
        "data - which coefficients and confidence intervals are appropriate? BMC Med Res "
        "Methodol. 2016;16:93."
    ),
}
