namespace Lacquer.Cli.Rendering;

/// <summary>A rising curve as a filled area, one column of the terminal a step.</summary>
internal static class Plot
{
    private const int Rows = 10;
    private const int Margin = 7;

    // Eighths of a cell from below; without Unicode, thirds.
    private const string Blocks = " ▁▂▃▄▅▆▇█";
    private const string Dots = " .:#";

    /// <summary>Prints shares (0 to 1) over amounts.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<(double Amount, double Share)> points, string left, string right)
    {
        var columns = Math.Clamp((terminal.Width ?? 80) - Margin - 2, 20, 100);
        var most = points[^1].Amount;
        var fill = terminal.Unicode ? Blocks : Dots;
        var heights = Enumerable.Range(1, columns).Select(c => (int)Math.Round(At(points, most * c / columns) * Rows * (fill.Length - 1))).ToArray();
        for (var row = Rows - 1; row >= 0; row--)
        {
            var label = row == Rows - 1 ? "100 %" : row == Rows / 2 - 1 ? " 50 %" : "     ";
            var cells = heights.Select(h => fill[Math.Clamp(h - row * (fill.Length - 1), 0, fill.Length - 1)]);
            terminal.Print($"{label} {(terminal.Unicode ? '│' : '|')}{string.Concat(cells)}".TrimEnd());
        }

        terminal.Print($"  0 % {(terminal.Unicode ? "└" + new string('─', columns) : "+" + new string('-', columns))}");
        terminal.Print(new string(' ', Margin) + left + right.PadLeft(Math.Max(right.Length + 1, columns - left.Length)));
    }

    // What is reached by an amount: recordings are whole, so the curve is a staircase.
    private static double At(IReadOnlyList<(double Amount, double Share)> points, double amount)
    {
        var (low, high) = (0, points.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (points[middle].Amount <= amount + 0.5) low = middle;
            else high = middle - 1;
        }

        return points[low].Share;
    }
}
