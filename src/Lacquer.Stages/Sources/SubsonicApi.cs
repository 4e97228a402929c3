using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources.Fetching;

namespace Lacquer.Stages.Sources;

/// <summary>
/// A Subsonic server as one account sees it (API 1.16.1, and OpenSubsonic where the server says so). The password does not leave this machine: a token made of it and of a salt does, unless
/// the operator lets the password itself be sent. Both go in a form where the server takes one (OpenSubsonic, <c>formPost</c>).
/// </summary>
internal sealed class SubsonicApi
{
    private const string Version = "1.16.1";
    private const string Client = "lacquer";
    private const int MostAnswerBytes = 64 << 20;
    private const int LongestMessage = 200;
    private readonly SourceAccess _access;
    private readonly bool _sendsPassword;
    private readonly IReadOnlyList<Secret> _account;
    private readonly string _password;
    private bool _posts;

    private SubsonicApi(SourceAccess access, bool sendsPassword)
    {
        (_access, _sendsPassword, _password) = (access, sendsPassword, access.Secrets.Require("password"));
        var salt = RandomNumberGenerator.GetHexString(16, lowercase: true);
        _account =
        [
            Secret.Account("u", access.Secrets.Require("user")),
            .. sendsPassword
                ? [Secret.Parameter("p", "enc:" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(_password)))]
                : new[] { Secret.Parameter("t", Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, Encoding.UTF8.GetBytes(_password + salt)))), Secret.Parameter("s", salt) },
        ];
    }

    /// <summary>The server of a location.</summary>
    /// <exception cref="LacquerException">It is no address, or has a password in it.</exception>
    public static Uri Server(string location)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Query.Length > 0)
            throw new LacquerException(Failure.Usage, $"'{location}' is not a server's address", "write it as you do in a player: https://music.example.org");
        address = new FetchRequest(address, AddressKind.Api).Address;
        var path = address.AbsolutePath.TrimEnd('/');
        return new UriBuilder(address) { Path = (path.EndsWith("/rest", StringComparison.Ordinal) ? path[..^5] : path) + "/" }.Uri;
    }

    /// <summary>Signs in.</summary>
    /// <exception cref="LacquerException">The server does not answer, or does not let the account in.</exception>
    public static async Task<SubsonicApi> OpenAsync(SourceAccess access, bool sendsPassword, CancellationToken cancel)
    {
        var api = new SubsonicApi(access, sendsPassword);
        api._posts = await api.TakesFormsAsync(cancel).ConfigureAwait(false);
        using var answer = await api.AskAsync("getLicense", cancel).ConfigureAwait(false);
        if (answer.Value.TryGetProperty("license", out var licence) && licence.TryGetProperty("valid", out var valid) && valid.ValueKind == JsonValueKind.False)
            throw new LacquerException(Failure.Refused, $"{access.Location} says that its own licence is not valid", "its API is shut until the server is licensed; ask its people");
        return api;
    }

    /// <summary>A request of a method.</summary>
    /// <param name="method">Its name.</param>
    /// <param name="mostBytes">See <see cref="FetchRequest.MostBytes"/>.</param>
    /// <param name="parameters">Its own parameters.</param>
    public FetchRequest Request(string method, long? mostBytes, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var query = new StringBuilder($"v={Version}&c={Client}&f=json");
        foreach (var (name, value) in parameters)
            query.Append(CultureInfo.InvariantCulture, $"&{name}={Uri.EscapeDataString(value)}");
        return new FetchRequest(new UriBuilder(new Uri(Server(_access.Location), $"rest/{method}.view")) { Query = query.ToString() }.Uri, AddressKind.Api) { Secrets = _account, PostsSecrets = _posts, MostBytes = mostBytes };
    }

    /// <summary>Asks, and gives what stands in <c>subsonic-response</c>.</summary>
    /// <exception cref="LacquerException">The server does not answer, or answers with an error. What the account may not is <see cref="Failure.Refused"/>; what the server does not have, <see cref="Failure.Missing"/>.</exception>
    public async Task<SubsonicAnswer> AskAsync(string method, CancellationToken cancel, params (string Name, string Value)[] parameters)
    {
        var fetched = await _access.Fetcher.GetJsonAsync(Request(method, MostAnswerBytes, parameters), cancel).ConfigureAwait(false);
        if (fetched.Outcome != FetchOutcome.Fetched)
            throw new LacquerException(Failure.Missing, $"there is no Subsonic server at {_access.Location}: it knows no {method}", "look at the address; where the server lies below a path, the path belongs to it");
        var answer = new SubsonicAnswer(fetched.Body);
        try
        {
            if (!answer.IsSubsonic)
                throw new LacquerException(Failure.Untrusted, $"{_access.Location} does not answer {method} as a Subsonic server does", "look at the address; where the server lies below a path, the path belongs to it");
            if (answer.Value.Text("status") != "ok")
                throw Error(method, answer.Value);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    // OpenSubsonic, getOpenSubsonicExtensions: asked without an account.
    private async Task<bool> TakesFormsAsync(CancellationToken cancel)
    {
        try
        {
            var request = new FetchRequest(new Uri(Server(_access.Location), $"rest/getOpenSubsonicExtensions.view?v={Version}&c={Client}&f=json"), AddressKind.Api) { MostBytes = 1 << 20 };
            var fetched = await _access.Fetcher.GetAsync(request, cancel).ConfigureAwait(false);
            using var answer = fetched.Outcome == FetchOutcome.Fetched ? new SubsonicAnswer(fetched.Body) : null;
            return answer is { IsSubsonic: true } && answer.Value.List("openSubsonicExtensions").Any(e => e.Text("name") == "formPost");
        }
        catch (Exception e) when (e is LacquerException or JsonException)
        {
            return false; // an older server: what is wrong beside that, the next question tells
        }
    }

    // Subsonic API, "Error handling"; 42 to 44 are OpenSubsonic's.
    private LacquerException Error(string method, JsonElement answer)
    {
        var error = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var said) ? said : default;
        var (code, server) = (error.Whole("code") ?? 0, _access.Location);
        var message = Secret.Scrub(error.Text("message"), [.. _account, Secret.Parameter("p", _password)]).ReplaceLineEndings(" ");
        if (message.Length > LongestMessage)
            message = message[..LongestMessage] + "…";
        return code switch
        {
            10 or 41 or 42 when !_sendsPassword => new LacquerException(Failure.Refused, $"{server} takes no tokens from this account (code {code})", "harvest it with --send-password, over https or in your own network: the password itself then goes to the server"),
            40 or 43 or 44 => new LacquerException(Failure.Refused, $"{server} says that user or password are wrong (code {code})", $"look at user and password in {Secrets.FileName}, or in LACQUER_SUBSONIC_USER and LACQUER_SUBSONIC_PASSWORD"),
            50 => new LacquerException(Failure.Refused, $"{server} does not let this account use {method} (code 50)", "give the account the right, or use another"),
            60 => new LacquerException(Failure.Refused, $"{server} says that its trial period is over (code 60)", "its API is shut until the server is licensed"),
            20 or 30 => new LacquerException(Failure.Refused, $"{server} speaks another version of the API than {Version} (code {code}): {message}", "update the server"),
            70 => new LacquerException(Failure.Missing, $"the server no longer has it (code 70): {message}", "harvest it again"),
            _ => new LacquerException(Failure.Missing, $"{server} answers {method} with an error (code {code}): {message}", "look into the server's log, and run the command again"),
        };
    }
}

/// <summary>An answer, as long as it is looked at.</summary>
internal sealed class SubsonicAnswer : IDisposable
{
    private readonly JsonDocument _document;

    /// <exception cref="JsonException">It is not JSON.</exception>
    public SubsonicAnswer(ReadOnlyMemory<byte> body)
    {
        _document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 64 });
        IsSubsonic = _document.RootElement.ValueKind == JsonValueKind.Object && _document.RootElement.TryGetProperty("subsonic-response", out var value) && value.ValueKind == JsonValueKind.Object;
        Value = IsSubsonic ? _document.RootElement.GetProperty("subsonic-response") : default;
    }

    public bool IsSubsonic { get; }

    public JsonElement Value { get; }

    public void Dispose() => _document.Dispose();
}
