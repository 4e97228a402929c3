using System.Text.RegularExpressions;
using Xunit;

namespace Lacquer.Tests.House;

/// <summary>The rules of the house, read from the sources: who may see whom, what things are called, what must not stand there.</summary>
public sealed partial class HouseTests
{
    private static readonly string[] BannedEndings = ["Manager", "Helper", "Helpers", "Service", "Services", "Util", "Utils", "Utility", "Utilities", "Common", "Core"];

    [Fact]
    public void Formats_names_no_other_project_no_process_no_network_and_no_clock()
    {
        Assert.Empty(Naming("src/Lacquer.Formats", FormatsForbids()));
        var project = Repository.Read("src/Lacquer.Formats/Lacquer.Formats.csproj");
        Assert.DoesNotContain("ProjectReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("FrameworkReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("DuckDB", project, StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_names_neither_stages_nor_command_line()
    {
        Assert.Empty(Naming("src/Lacquer.Server", ServerForbids()));
        Assert.DoesNotContain("Lacquer.Stages", Repository.Read("src/Lacquer.Server/Lacquer.Server.csproj"), StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_name_neither_server_nor_command_line()
    {
        Assert.Empty(Naming("src/Lacquer.Stages", StagesForbid()));
        var project = Repository.Read("src/Lacquer.Stages/Lacquer.Stages.csproj");
        Assert.DoesNotContain("Lacquer.Server", project, StringComparison.Ordinal);
        Assert.DoesNotContain("AspNetCore", project, StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_meet_only_on_disk_and_at_the_workbench_and_sources()
    {
        var files = Repository.Files("src/Lacquer.Stages", "*.cs");
        var stages = files.Select(StageOf).Distinct().Where(s => s is not ("Workbench" or "Sources")).ToList();
        Assert.True(stages.Count > 5, string.Join(' ', stages));
        Assert.All(files, file => Assert.Contains('/', file["src/Lacquer.Stages/".Length..]));
        var meetings = from file in files
                       let code = Repository.Code(file)
                       from other in stages
                       where other != StageOf(file) && Regex.IsMatch(code, $@"\b(Stages\.)?{other}\s*[.;]")
                       select $"{file} names {other}";
        Assert.Empty(meetings);

        static string StageOf(string file) => file.Split('/')[2];
    }

    [Fact]
    public void No_type_is_called_by_a_word_that_says_nothing()
    {
        var named = from file in Sources()
                    from type in Types(file)
                    where BannedEndings.Any(word => type.EndsWith(word, StringComparison.Ordinal))
                    select $"{file}: {type}";
        Assert.Empty(named);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        // In pieces, so that this file does not find itself.
        string[] later = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "NotImplemented" + "Exception"];
        var left = from file in Sources()
                   let text = Repository.Read(file)
                   from word in later
                   where text.Contains(word, StringComparison.Ordinal)
                   select $"{file}: {word}";
        Assert.Empty(left);
    }

    [Fact]
    public void No_test_is_switched_off()
    {
        var mark = "Skip" + " = \"";
        Assert.DoesNotContain(Repository.Files("tests", "*.cs"), file => Repository.Read(file).Contains(mark, StringComparison.Ordinal));
    }

    [Fact]
    public void An_interface_has_more_than_one_implementation()
    {
        var files = Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs")).ToDictionary(f => f, Repository.Code);
        var lonely = from file in files
                     where file.Key.StartsWith("src/", StringComparison.Ordinal)
                     from Match match in InterfaceDeclaration().Matches(file.Value)
                     let name = match.Groups[1].Value
                     where files.Values.Sum(code => Regex.Count(code, $@"\b(class|record|struct)\b[^{{;]*:[^{{;]*\b{name}\b")) < 2
                     select $"{file.Key}: {name}";
        Assert.Empty(lonely);
    }

    [Fact]
    public void Namespaces_are_folders()
    {
        var strays = from file in Sources()
                     let folders = file.Split('/')[1..^1]
                     let expected = string.Join('.', folders)
                     let match = NamespaceDeclaration().Match(Repository.Code(file))
                     where match.Success && match.Groups[1].Value != expected
                     select $"{file}: {match.Groups[1].Value}, not {expected}";
        Assert.Empty(strays);
    }

    [Fact]
    public void No_type_is_called_like_the_last_word_of_a_namespace()
    {
        var words = Repository.Files("src", "*.cs").Select(file => file.Split('/')[^2].Split('.')[^1]).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("Editions", words);
        Assert.DoesNotContain("Encoding", words);
        var clashes = from file in Repository.Files("src", "*.cs") from type in Types(file) where words.Contains(type) select $"{file}: {type}";
        Assert.Empty(clashes);
    }

    [Theory]
    [InlineData("a // b\nc", "a  \nc")]
    [InlineData("a /* b\n*/ c", "a  \n c")]
    [InlineData("f(\"a\\\"b\") + '\"'", "f( ) +  ")]
    [InlineData("$\"x {(y ? \"p\" : \"q\")} z\" + w", "$  + w")]
    [InlineData("@\"a\"\"b\" c", "  c")]
    [InlineData("\"\"\"a \"b\" c\"\"\" d", "  d")]
    public void Prose_is_told_from_code(string text, string code) => Assert.Equal(code, Repository.WithoutProse(text));

    private static IEnumerable<string> Sources() => Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs")).Concat(Repository.Files("benchmarks", "*.cs"));

    private static IEnumerable<string> Types(string file) => TypeDeclaration().Matches(Repository.Code(file)).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Naming(string folder, Regex forbidden) =>
        from file in Repository.Files(folder, "*.cs")
        from Match match in forbidden.Matches(Repository.Code(file))
        select $"{file} names {match.Value}";

    [GeneratedRegex(@"\bLacquer\.(Stages|Server|Cli)\b|\bSystem\.(Net|Diagnostics\.Process)\b|\bHttpClient\b|\bSocket\b|\bProcess\.Start\b|\bProcessStartInfo\b|\bCliWrap\b|\bDuckDB|\bMicrosoft\.AspNetCore\b|\bTimeProvider\.System\b|\bDateTime(Offset)?\.(Utc)?(Now|Today)\b|\bStopwatch\b|\bEnvironment\.TickCount|\bGuid\.NewGuid\b|\bRandom\b")]
    private static partial Regex FormatsForbids();

    [GeneratedRegex(@"\bLacquer\.(Stages|Cli)\b|\bDuckDB|\bCliWrap\b|\bProcess\.Start\b")]
    private static partial Regex ServerForbids();

    [GeneratedRegex(@"\bLacquer\.(Server|Cli)\b|\bMicrosoft\.AspNetCore\b")]
    private static partial Regex StagesForbid();

    [GeneratedRegex(@"\binterface\s+(\w+)")]
    private static partial Regex InterfaceDeclaration();

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+([A-Z]\w*)")]
    private static partial Regex TypeDeclaration();
}
