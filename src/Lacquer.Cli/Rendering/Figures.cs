using System.Globalization;
using System.Text.RegularExpressions;

namespace Lacquer.Cli.Rendering;

/// <summary>Numbers, sizes and durations as people read and type them; the same in every country.</summary>
public static partial class Figures
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    private static readonly NumberFormatInfo Thin = new() { NumberGroupSeparator = "\u202f" };

    /// <summary>A number in groups of three; below 10,000 without, as is usual with thin spaces.</summary>
    public static string Count(long number) => Math.Abs(number) < 10_000 ? number.ToString(CultureInfo.InvariantCulture) : number.ToString("#,0", Thin);

    /// <summary>A number and what is counted.</summary>
    public static string Of(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    /// <summary>With one digit behind the point.</summary>
    public static string Decimal(double number) => number.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>A size in decimal units, as disks are sold.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return $"{(unit == 0 || value >= 99.95 ? value.ToString("0", CultureInfo.InvariantCulture) : value >= 9.995 ? value.ToString("0.0", CultureInfo.InvariantCulture) : value.ToString("0.00", CultureInfo.InvariantCulture))} {Units[unit]}";
    }

    /// <summary>A share of one as a percentage. 100 % is all of it, and nothing less.</summary>
    public static string Percent(double share) => (share < 1 ? Math.Min(share * 100, 99.9) : 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    /// <summary>Minutes and seconds, or hours too.</summary>
    public static string Duration(long? milliseconds)
    {
        if (milliseconds is not { } ms)
            return "?:??";
        var seconds = (ms + 500) / 1000;
        return seconds >= 3600
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60}:{seconds % 60:00}");
    }

    /// <summary>A time that nobody knows exactly.</summary>
    public static string About(TimeSpan time) => time switch
    {
        { TotalSeconds: < 8 } => "a few seconds",
        { TotalSeconds: < 55 } => string.Create(CultureInfo.InvariantCulture, $"about {Math.Round(time.TotalSeconds / 5) * 5:0} s"),
        { TotalMinutes: < 59.5 } => string.Create(CultureInfo.InvariantCulture, $"about {Math.Max(1, Math.Round(time.TotalMinutes)):0} min"),
        { TotalHours: < 47.5 } => string.Create(CultureInfo.InvariantCulture, $"about {Math.Round(time.TotalHours, 1):0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"about {Math.Round(time.TotalDays):0} days"),
    };

    /// <summary>A date of a release, YYYYMMDD with zeroes for what is not known.</summary>
    public static string? Date(int? date) => date is not { } number ? null
        : number % 10_000 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{number / 10_000:0000}")
        : number % 100 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{number / 10_000:0000}-{number / 100 % 100:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{number / 10_000:0000}-{number / 100 % 100:00}-{number % 100:00}");

    /// <summary>Reads a size: <c>500MB</c>, <c>4 TB</c>, <c>1.5GiB</c>, <c>1048576</c>.</summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        bytes = 0;
        var match = SizeText().Match(text);
        if (!match.Success || !decimal.TryParse(match.Groups["number"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        var power = "kmgtpe".IndexOf(match.Groups["unit"].Value.ToLowerInvariant(), StringComparison.Ordinal) + (match.Groups["unit"].Length == 0 ? 0 : 1);
        decimal unit = match.Groups["binary"].Length > 0 ? 1024 : 1000;
        try
        {
            for (var i = 0; i < power; i++)
                number *= unit;
            bytes = (long)number;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^\s*(?<number>\d{1,19}(\.\d{1,9})?)\s*((?<unit>[kmgtpe])(?<binary>i)?)?b?\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SizeText();
}
