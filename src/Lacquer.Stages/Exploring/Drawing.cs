using System.Globalization;
using System.Net;
using System.Text;

namespace Lacquer.Stages.Exploring;

/// <summary>Charts as SVG that needs neither script nor anything from outside; colours come from the page's style. All text is escaped.</summary>
internal static class Drawing
{
    private const double Top = 12;
    private const double Left = 52;
    private const double Right = 12;
    private const double Bottom = 26;
    private const double Height = 236;
    private const double Narrow = 480;
    private const double Wide = 1020;

    private static readonly int[] Factors = [1, 2, 5, 10];

    // A single recording must be seen on a logarithmic scale too.
    private const double LogFloor = -0.35;

    /// <summary>Text for a page: escaped, and without control characters, which HTML does not allow.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)));

    /// <summary>A number in few letters: 950, 1.2 k, 34 M.</summary>
    public static string Short(double number) => number switch
    {
        >= 999_500_000 => Few(number / 1e9) + "\u202fbn",
        >= 999_500 => Few(number / 1e6) + "\u202fM",
        >= 10_000 => Few(number / 1e3) + "\u202fk",
        _ => number.ToString(number == Math.Floor(number) ? "0" : "0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>A number in groups of three.</summary>
    public static string Long(double number) => number.ToString(number == Math.Floor(number) ? "#,0" : "#,0.0", CultureInfo.InvariantCulture).Replace(",", "\u202f", StringComparison.Ordinal);

    /// <summary>A share of one, in per cent.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.#", CultureInfo.InvariantCulture) + "\u202f%";

    /// <summary>Standing bars.</summary>
    /// <param name="what">What it shows, for those who hear it.</param>
    /// <param name="bars">Label, value and what it says in full; a label may be empty.</param>
    /// <param name="axis">What stands under the bars.</param>
    /// <param name="isLog">Whether heights are logarithms.</param>
    /// <param name="isShare">Whether values are shares of one.</param>
    /// <param name="isWide">Whether it takes the whole width of the page.</param>
    public static string Bars(string what, IReadOnlyList<(string Label, double Value, string Full)> bars, string axis, bool isLog = false, bool isShare = false, bool isWide = false)
    {
        var width = isWide ? Wide : Narrow;
        var (plotWidth, plotHeight) = (width - Left - Right, Height - Top - Bottom - 14);
        var most = isShare ? 1 : Math.Max(1, bars.Max(b => b.Value));
        var ticks = isShare ? [0, .25, .5, .75, 1] : isLog ? Powers(most) : Steps(most);
        var ceiling = isLog ? Math.Max(Math.Log10(most), 1) * 1.03 : Math.Max(most, ticks[^1]);
        double Y(double value) => Top + plotHeight * (1 - (isLog ? (value <= 0 ? 0 : (Math.Log10(value) - LogFloor) / (ceiling - LogFloor)) : value / ceiling));

        var svg = Begin(what, width);
        foreach (var tick in ticks)
            Rule(svg, Y(tick), width, isShare ? Percent(tick) : Short(tick));
        var step = plotWidth / bars.Count;
        var gap = step > 12 ? Math.Min(step * .22, 10) : step > 3 ? 1 : 0;
        var labelled = Left - 100;
        for (var i = 0; i < bars.Count; i++)
        {
            var x = Left + i * step;
            if (bars[i].Value > 0)
                svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{x + gap / 2:0.##}\" y=\"{Y(bars[i].Value):0.##}\" width=\"{step - gap:0.##}\" height=\"{Math.Max(Top + plotHeight - Y(bars[i].Value), .8):0.##}\"><title>{Escape(bars[i].Full)}</title></rect>");
            var centre = x + step / 2;
            // A label needs its own width; those that would touch the one before are left out.
            var room = bars[i].Label.Length * 3.1 + 4;
            if (bars[i].Label.Length == 0 || centre - room < labelled)
                continue;
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"mid\" x=\"{centre:0.##}\" y=\"{Top + plotHeight + 16:0.##}\">{Escape(bars[i].Label)}</text>");
            labelled = centre + room;
        }

        return End(svg, axis, width, plotHeight);
    }

    /// <summary>Lying bars with their names before them.</summary>
    public static string Lines(string what, IReadOnlyList<(string Name, double Value, string Figure)> lines)
    {
        const double Names = 168;
        const double Numbers = 70;
        const double Row = 27;
        var most = Math.Max(1, lines.Max(l => l.Value));
        var svg = Begin(what, Narrow, lines.Count * Row + 6);
        for (var i = 0; i < lines.Count; i++)
        {
            var (name, value, figure) = lines[i];
            var length = (Narrow - Names - Numbers) * value / most;
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"name\" x=\"0\" y=\"{i * Row + 18:0.##}\">{Escape(Cut(name, 22))}<title>{Escape(name)}</title></text>");
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{Names:0.##}\" y=\"{i * Row + 5:0.##}\" width=\"{Math.Max(length, 1):0.##}\" height=\"{Row - 9:0.##}\" rx=\"1.5\"><title>{Escape(name + ": " + figure)}</title></rect>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Names + Math.Max(length, 1) + 7:0.##}\" y=\"{i * Row + 18:0.##}\">{Escape(figure)}</text>");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>A rising curve of shares (0 to 1) over ranks, of which the axis shows the logarithm.</summary>
    public static string Curve(string what, IReadOnlyList<(double Rank, double Share)> points, string axis)
    {
        var (plotWidth, plotHeight) = (Wide - Left - Right, Height - Top - Bottom - 14 + 60);
        var decades = Math.Max(Math.Log10(points[^1].Rank), 1);
        double X(double rank) => Left + plotWidth * Math.Log10(rank) / decades;
        double Y(double share) => Top + plotHeight * (1 - share);

        var svg = Begin(what, Wide, Height + 60);
        foreach (var share in new[] { 0, .25, .5, .75, 1 })
            Rule(svg, Y(share), Wide, Percent(share));
        for (var power = 0; power <= decades; power++)
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"mid\" x=\"{X(Math.Pow(10, power)):0.##}\" y=\"{Top + plotHeight + 16:0.##}\">{Short(Math.Pow(10, power))}</text>");
        var path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Rank):0.##},{Y(p.Share):0.##}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polygon class=\"area\" points=\"{X(points[0].Rank):0.##},{Y(0):0.##} {path} {X(points[^1].Rank):0.##},{Y(0):0.##}\"/><polyline class=\"line\" points=\"{path}\"/>");
        foreach (var (rank, share) in points)
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot\" cx=\"{X(rank):0.##}\" cy=\"{Y(share):0.##}\" r=\"2.6\"><title>{Escape($"the first {Long(rank)}: {Percent(share)}")}</title></circle>");
        return End(svg, axis, Wide, plotHeight);
    }

    private static StringBuilder Begin(string what, double width, double height = Height) => new StringBuilder().Append(CultureInfo.InvariantCulture,
        $"<svg viewBox=\"0 0 {width:0} {height:0}\" role=\"img\" aria-label=\"{Escape(what)}\" class=\"{(width == Wide ? "broad" : "slim")}\">");

    private static void Rule(StringBuilder svg, double y, double width, string label) => svg.Append(CultureInfo.InvariantCulture,
        $"<line class=\"rule\" x1=\"{Left:0.##}\" x2=\"{width - Right:0.##}\" y1=\"{y:0.##}\" y2=\"{y:0.##}\"/><text class=\"end\" x=\"{Left - 8:0.##}\" y=\"{y + 4:0.##}\">{label}</text>");

    private static string End(StringBuilder svg, string axis, double width, double plotHeight) => svg.Append(CultureInfo.InvariantCulture,
        $"<text class=\"mid axis\" x=\"{Left + (width - Left - Right) / 2:0.##}\" y=\"{Top + plotHeight + 36:0.##}\">{Escape(axis)}</text></svg>").ToString();

    private static string Few(double number) => number.ToString(number < 9.95 ? "0.#" : "0", CultureInfo.InvariantCulture);

    // At most six round steps, of whole numbers.
    private static double[] Steps(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(most / 5, 1))));
        var step = Math.Max(1, Factors.Select(f => f * power).First(s => most / s <= 5));
        return Enumerable.Range(0, (int)Math.Ceiling(most / step) + 1).Select(i => i * step).ToArray();
    }

    private static double[] Powers(double most) => Enumerable.Range(0, (int)Math.Floor(Math.Max(Math.Log10(most), 1)) + 1).Select(p => Math.Pow(10, p)).ToArray();

    // What is written with wide letters takes two columns a letter.
    private static string Cut(string text, int columns)
    {
        var (used, end) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Value >= 0x1100 ? 2 : 1;
            if (used > columns)
                return text[..end] + "…";
            end += rune.Utf16SequenceLength;
        }

        return text;
    }
}
