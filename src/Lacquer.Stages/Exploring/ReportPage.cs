using System.Globalization;
using System.Text;

namespace Lacquer.Stages.Exploring;

/// <summary>The page around the charts: style, headings, and each chart's SQL. No script, nothing from outside; the page forbids both to itself.</summary>
internal static class ReportPage
{
    private const string Style = """
        :root{--paper:#faf8f4;--raised:#fffdfa;--ink:#1d1916;--quiet:#6b6157;--line:#e5ded3;--accent:#93301f;
          --serif:"Iowan Old Style","Palatino Nova",Palatino,"Palatino Linotype",P052,"Source Serif 4","Noto Serif",Georgia,serif;
          --sans:Inter,"Helvetica Neue","Segoe UI",Roboto,"Noto Sans",system-ui,sans-serif;
          --mono:ui-monospace,"SF Mono","Cascadia Mono","JetBrains Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;color-scheme:light dark}
        @media (prefers-color-scheme:dark){:root{--paper:#151210;--raised:#1d1916;--ink:#efe8df;--quiet:#a89d91;--line:#312b27;--accent:#ea8069}}
        *,::before,::after{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 var(--sans);text-rendering:optimizeLegibility}
        h1,h2,h3,p,dl,dd,figure{margin:0;padding:0}
        header{padding:.9rem max(1.25rem,(100% - 68rem)/2 + 1.25rem);border-bottom:1px solid var(--line)}
        .mark{display:flex;align-items:center;gap:.6rem;font:600 1.35rem/1 var(--serif);letter-spacing:-.01em}
        .mark svg{width:1.9rem;height:1.9rem}
        main{max-width:68rem;margin:0 auto;padding:2.75rem 1.25rem 4rem}
        .eyebrow{margin-bottom:.7rem;font-size:.78rem;font-weight:600;letter-spacing:.09em;text-transform:uppercase;color:var(--accent)}
        h1{font:400 clamp(1.9rem,4.5vw,2.9rem)/1.12 var(--serif);letter-spacing:-.018em;text-wrap:balance;overflow-wrap:anywhere}
        .lead{max-width:38rem;margin-top:1rem;color:var(--quiet)}
        h2{margin:3rem 0 1rem;font:400 1.6rem/1.2 var(--serif);letter-spacing:-.01em}
        .charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.25rem}
        article{display:flex;flex-direction:column;padding:1.15rem 1.25rem 1rem;background:var(--raised);border:1px solid var(--line);border-radius:6px;min-width:0}
        article.wide{grid-column:1/-1}
        h3{font:600 1rem/1.4 var(--sans)}
        article>p{margin:.15rem 0 1rem;font-size:.9rem;color:var(--quiet)}
        figure{margin-bottom:auto;overflow-x:auto}
        figure svg{display:block;width:100%;height:auto;font:11.5px var(--sans);fill:var(--quiet);font-variant-numeric:tabular-nums}
        .bar{fill:var(--accent)}.bar:hover{opacity:.75}
        .rule{stroke:var(--line)}.line{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}.area{fill:var(--accent);opacity:.13}.dot{fill:var(--accent)}
        .mid{text-anchor:middle}.end{text-anchor:end}.name{fill:var(--ink);font-size:12.5px}.axis{font-size:11px;letter-spacing:.03em}
        details{margin-top:.9rem;padding-top:.6rem;border-top:1px solid var(--line);font-size:.82rem;color:var(--quiet)}
        summary{cursor:pointer;width:max-content}summary:hover{color:var(--accent)}
        pre{margin:.6rem 0 0;padding:.7rem .85rem;overflow-x:auto;background:var(--paper);border:1px solid var(--line);border-radius:4px;color:var(--ink);font:.92em/1.5 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere}
        .totals{display:flex;flex-wrap:wrap;gap:1rem 2.6rem}
        .totals div{display:flex;flex-direction:column-reverse}
        .totals dt{font-size:.87rem;color:var(--quiet)}.totals dd{font:400 1.75rem/1.25 var(--serif);font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:.92rem}
        th{font-size:.78rem;font-weight:600;letter-spacing:.05em;color:var(--quiet);text-align:start}
        th,td{padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}tbody tr:last-child td{border-bottom:0}
        .n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}th.n:first-child,td.n:first-child{width:3.5rem;padding-right:1.2rem}
        td:nth-child(3){color:var(--quiet)}td:last-child{color:var(--accent)}
        td.n,th.n{padding-right:1.2rem}
        footer{margin-top:3rem;padding-top:1.2rem;border-top:1px solid var(--line);font-size:.87rem;color:var(--quiet)}
        code{font:.9em var(--mono);overflow-wrap:anywhere}
        @media (max-width:52rem){.charts{grid-template-columns:minmax(0,1fr)}main{padding:1.75rem 1rem 3rem}figure svg.slim{min-width:25rem}figure svg.broad{min-width:40rem}}
        @media print{article{break-inside:avoid}}
        """;

    private const string Mark = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="15.5" fill="#191412"/><g fill="none" stroke="#fff" stroke-opacity=".28" stroke-width=".6"><circle cx="16" cy="16" r="13.2"/><circle cx="16" cy="16" r="11.2"/><circle cx="16" cy="16" r="9.2"/></g><circle cx="16" cy="16" r="6" fill="#b23a26"/><circle cx="16" cy="16" r="1.3" fill="#faf8f4"/></svg>""";

    /// <summary>The whole page.</summary>
    public static string Of(string title, string catalogue, IReadOnlyList<(Question Question, string Html)> charts)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<title>{Drawing.Escape(title)}: catalogue {catalogue}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n");
        page.Append(CultureInfo.InvariantCulture, $"<header><div class=\"mark\">{Mark}Lacquer</div></header>\n<main>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"eyebrow\">Report on catalogue {catalogue}</p>\n<h1><bdi>{Drawing.Escape(title)}</bdi></h1>\n");
        page.Append("<p class=\"lead\">What recordings there are, how much they are listened to, and what is held of them. Below each chart stands the SQL that made it.</p>\n");
        foreach (var section in charts.GroupBy(c => c.Question.Section))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Drawing.Escape(section.Key)}</h2>\n<div class=\"charts\">\n");
            foreach (var (question, html) in section)
            {
                page.Append(CultureInfo.InvariantCulture, $"<article id=\"{question.Name}\"{(question.IsWide ? " class=\"wide\"" : "")}>\n<h3>{Drawing.Escape(question.Heading)}</h3>\n<p>{Drawing.Escape(question.Sentence)}</p>\n<figure>{html}</figure>\n");
                page.Append(CultureInfo.InvariantCulture, $"<details><summary>SQL</summary><pre>{string.Join('\n', question.Sql.Split('\n').Select(Drawing.Escape))}</pre></details>\n</article>\n");
            }

            page.Append("</div>\n");
        }

        page.Append("<footer><p>Made by <code>lacquer report</code>. The queries are SQLite’s, for <code>catalogue.sqlite</code>; those that name <code>ledger</code> need the archive’s own: <code>ATTACH 'ledger.sqlite' AS ledger</code>. Three temporary tables were made before the questions: <code>held</code>, the ranks of the recordings that are held, found by their ids through the catalogue’s look-up; <code>isrc_use</code> and <code>gtin_use</code>, how many codes so many recordings or releases carry, counted over the look-ups. Without Lacquer, slower:</p>\n<pre>CREATE TEMP TABLE held AS SELECT r.id AS recording FROM recording r CROSS JOIN ledger.job j ON j.recording = r.eid WHERE j.state = 'done';\nCREATE TEMP TABLE isrc_use AS SELECT recordings, count(*) AS isrcs FROM (SELECT count(*) AS recordings FROM recording_isrc GROUP BY isrc) GROUP BY recordings;\nCREATE TEMP TABLE gtin_use AS SELECT releases, count(*) AS gtins FROM (SELECT count(*) AS releases FROM release WHERE gtin IS NOT NULL GROUP BY gtin) GROUP BY releases;</pre></footer>\n");
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }
}
